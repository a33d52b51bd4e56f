import type { KyselyConfig, LogEvent } from 'kysely';
import type { OnArrived } from '../arrivals/file-table.ts';

/** Hears what the database does and meets. */
export type DatabaseObserver = {
  /** A connection was lost, most often while nobody used it; the next query takes another. */
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
