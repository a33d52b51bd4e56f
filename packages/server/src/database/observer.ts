import type { KyselyConfig, LogEvent } from 'kysely';

/** Called once per file, when storage is first seen to hold it, whichever node sees it. */
export type OnArrived = (arrived: { files: number; bytes: number }) => void;

/** Hears what the database does and meets. */
export type DatabaseObserver = {
  /** A connection was lost, most often while it was not used; the next query takes another. */
  onIdleError?: (error: Error) => void;
  /** A statement ended. `kind` is its first word, in lower case. */
  onQuery?: (query: { kind: string; seconds: number; failed: boolean }) => void;
  onArrived?: OnArrived;
};

export function queryLog({ onQuery }: DatabaseObserver): Pick<KyselyConfig, 'log'> | undefined {
  if (onQuery === undefined) return undefined;
  const log = ({ level, query, queryDurationMillis }: LogEvent) => {
    const kind = /^\s*(\w+)/.exec(query.sql)?.[1]?.toLowerCase() ?? '';
    onQuery({ kind, seconds: queryDurationMillis / 1000, failed: level === 'error' });
  };
  return { log };
}
