import { Refusal } from './refusal.ts';

/** The condition of a write on the current object of its key. `if-etag` with `*` accepts any object. */
export type WriteCondition =
  | { type: 'none' }
  | { type: 'if-absent' }
  | { type: 'if-etag'; etags: string[] }
  | { type: 'unless-etag'; etags: string[] };

export const isConditional = ({ type }: WriteCondition): true | undefined => (type === 'none' ? undefined : true);

/** What a delete asks of the object, if there is one. `modifiedAt` is in whole seconds since 1970. */
export type DeleteCondition = { etags?: string[]; size?: number; modifiedAt?: number };

/**
 * Holds the key's current ETag (undefined: no object) to the condition. A damaged object does not block a write that
 * replaces nothing: it has to be sent again.
 * @throws {Refusal} NoSuchKey, PreconditionFailed
 */
export function checkCondition(
  condition: WriteCondition,
  etag: string | undefined,
  { isDamaged }: { isDamaged: boolean },
): void {
  const { type } = condition;
  if (
    etag !== undefined &&
    ((type === 'if-absent' && !isDamaged) || (type === 'unless-etag' && condition.etags.includes(etag)))
  ) {
    throw new Refusal('PreconditionFailed', { Condition: 'If-None-Match' });
  }
  if (condition.type !== 'if-etag') return;
  if (etag === undefined) throw new Refusal('NoSuchKey');
  if (condition.etags.includes('*') || condition.etags.includes(etag)) return;
  throw new Refusal('PreconditionFailed', { Condition: 'If-Match' });
}

/** Whether the object, modified at `modifiedAt` (milliseconds since 1970), meets the condition of the delete. */
export function meets(condition: DeleteCondition, object: { etag: string; size: number; modifiedAt: number }): boolean {
  const { etags, size, modifiedAt } = condition;
  return (
    (etags === undefined || etags.includes('*') || etags.includes(object.etag)) &&
    (size === undefined || size === object.size) &&
    (modifiedAt === undefined || modifiedAt === Math.floor(object.modifiedAt / 1000))
  );
}
