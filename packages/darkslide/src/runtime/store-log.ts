import type { LogEntry } from '@darkslide/store';

/** The numbers of pino, which writes the API's log. */
const LEVELS = { debug: 20, info: 30, warn: 40, error: 50, silent: Number.POSITIVE_INFINITY };

/**
 * Writes the store's log as the API writes its own: JSON lines, from a level on. Requests are logged without the keys of
 * objects, because file names are private.
 */
export function createStoreLog(level: string, write: (line: string) => void): (entry: LogEntry) => void {
  const lowest = LEVELS[level as keyof typeof LEVELS] ?? LEVELS.info;
  return (entry) => {
    const { level, ...fields } = describe(entry);
    if (level >= lowest) write(JSON.stringify({ level, time: Date.now(), part: 'store', ...fields }));
  };
}

function describe(entry: LogEntry): { level: number; msg: string } & Record<string, unknown> {
  switch (entry.type) {
    case 'request':
      return describeRequest(entry);
    case 'sweep':
      return describeSweep(entry);
    case 'upgrade': {
      const { done } = entry;
      return { level: LEVELS.info, done, msg: 'photos of an earlier version are being made to describe themselves' };
    }
    case 'damage': {
      const { blob, reason, objects } = entry;
      const msg = 'stored bytes are damaged: upload these objects again, or restore them from a backup';
      return { level: LEVELS.error, blob, reason, objects, msg };
    }
    case 'whole-again': {
      const { blob, objects } = entry;
      return { level: LEVELS.info, blob, objects, msg: 'stored bytes that were damaged are whole again' };
    }
    case 'trailer': {
      const { blob, objects, isFixed } = entry;
      const msg = isFixed
        ? 'the description behind stored bytes was damaged, and is written again from the index: look at the disk'
        : 'the description behind stored bytes is damaged, and the index can not tell it: these photos can be read, but upload them again, as `darkslide store rebuild` would not find them';
      return { level: isFixed ? LEVELS.warn : LEVELS.error, blob, objects, msg };
    }
    case 'scrub': {
      const { state, blobs, bytes, damaged } = entry;
      const counts = state === 'finished' ? { blobs, bytes, damaged } : {};
      return {
        level: LEVELS.info,
        ...counts,
        msg: state === 'finished' ? 'finished the scrub of everything stored' : 'began the scrub of everything stored',
      };
    }
    case 'error':
      return { level: LEVELS.error, storage_request_id: entry.requestId, stack: entry.stack, msg: entry.message };
  }
}

function describeRequest(entry: Extract<LogEntry, { type: 'request' }>) {
  const { onBehalfOf: request_id, requestId: storage_request_id, method, operation, status, code, client } = entry;
  const ms = Math.round(entry.durationMs * 10) / 10;
  const fields = { request_id, storage_request_id, method, operation, status, code, ms, client };
  return { level: LEVELS.info, ...fields, msg: 'request completed' };
}

function describeSweep({ removed, setAside, lost }: Extract<LogEntry, { type: 'sweep' }>) {
  const counts = { removed, set_aside: setAside };
  if (lost.length > 0) {
    const msg = 'these objects are in the index, but their bytes are gone from the disk: restore them from a backup';
    return { level: LEVELS.error, ...counts, lost, msg };
  }
  if (setAside === 0) return { level: LEVELS.info, ...counts, msg: 'swept leftovers' };
  const msg =
    'swept leftovers; files that the index does not know are in lost+found now: where photos are missing, stop the server and run `darkslide store rebuild`, which brings back the newest of each name';
  return { level: LEVELS.warn, ...counts, msg };
}
