import { diagnoseStorage } from '@darkslide/server/ports';
import type { Outcome } from '../check.ts';
import type { Subject } from './subject.ts';

/** Asks storage where clients reach it. Where that is another place, this machine need not reach it. */
export async function whereClientsAre({ config }: Subject, ask: () => Promise<Outcome>): Promise<Outcome> {
  const { publicEndpoint } = config;
  try {
    return await ask();
  } catch (error) {
    if (publicEndpoint === undefined) throw error;
    const { problem } = diagnoseStorage(error, { ...config, endpoint: publicEndpoint });
    const remedy = 'check DARKSLIDE_PUBLIC_STORE_URL where clients are; this machine alone may not reach it';
    return { status: 'warning', message: problem, remedy };
  }
}
