import type { Diagnosis } from './diagnosis.ts';

/** Why a part of the server can't listen at an address. */
export function diagnoseListening(
  error: unknown,
  { part, host, port }: { part: string; host: string; port: number },
): Diagnosis {
  const { code, message } = error as NodeJS.ErrnoException;
  const { reason, remedy, lasting } = REASONS[code ?? ''] ?? {
    reason: message,
    remedy: 'choose another',
    lasting: false,
  };
  return { problem: `The ${part} can't listen on ${host}:${port}, as ${reason}`, remedy, lasting };
}

const OTHER_HOST = 'set DARKSLIDE_HOST to an address of this machine, or to 0.0.0.0 for all of them';

const REASONS: Record<string, { reason: string; remedy: string; lasting: boolean }> = {
  EADDRINUSE: {
    reason: 'another program listens there',
    remedy: 'stop that one, or choose another port',
    lasting: false,
  },
  EACCES: { reason: 'this user may not', remedy: 'choose a port above 1023', lasting: true },
  EADDRNOTAVAIL: { reason: 'this machine has no such address', remedy: OTHER_HOST, lasting: true },
  ENOTFOUND: { reason: 'no machine has that name', remedy: OTHER_HOST, lasting: true },
  EAI_AGAIN: { reason: "the name can't be looked up", remedy: OTHER_HOST, lasting: false },
};
