import type { EventTable } from './event-table.ts';

/** How long events are kept, in milliseconds. */
const KEPT_MS = 30 * 24 * 60 * 60_000;
/** Events removed by one statement. */
const AT_ONCE = 1000;

/** One pass over what is old. Ends early, without error, when `signal` aborts. */
export async function removeOldEvents(
  events: Pick<EventTable, 'remove'>,
  { signal }: { signal: AbortSignal },
): Promise<{ events: number }> {
  let count = 0;
  while (!signal.aborted) {
    const removed = await events.remove({ before: Date.now() - KEPT_MS, limit: AT_ONCE });
    count += removed;
    if (removed < AT_ONCE) break;
  }
  return { events: count };
}
