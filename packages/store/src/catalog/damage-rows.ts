import type { DamageReason, ObjectName, ScrubState } from '../model.ts';
import type { Statements } from './statements.ts';
import { sumAnew } from './summed.ts';

/** The objects that a blob is part of. */
function namesOf(sql: Statements, blob: string): ObjectName[] {
  const rows = sql.all(
    `SELECT DISTINCT bucket.name, object.key FROM segment
     JOIN object ON object.id = segment.object_id JOIN bucket ON bucket.id = object.bucket_id WHERE blob = ?`,
    blob,
  );
  return rows.map(({ name, key }) => ({
    bucket: String(name),
    key: Buffer.from(key as Uint8Array).toString('utf8'),
  }));
}

/** The objects that are damaged by it; undefined where it was known, or the blob is no longer part of anything. */
export function addDamage(
  sql: Statements,
  { blob, reason, now }: { blob: string; reason: DamageReason; now: number },
): ObjectName[] | undefined {
  const { changes } = sql.run(
    `INSERT INTO damage (blob, reason, found_at) SELECT ?, ?, ?
     WHERE EXISTS (SELECT 1 FROM segment WHERE blob = ?) OR EXISTS (SELECT 1 FROM part WHERE blob = ?)
     ON CONFLICT DO NOTHING`,
    blob,
    reason,
    now,
    blob,
    blob,
  );
  return changes === 0 ? undefined : namesOf(sql, blob);
}

/** The objects of the blob; undefined where no damage of it was known. */
export function removeDamage(sql: Statements, { blob }: { blob: string }): ObjectName[] | undefined {
  const { changes } = sql.run('DELETE FROM damage WHERE blob = ?', blob);
  return changes === 0 ? undefined : namesOf(sql, blob);
}

/** The MD5s of an object's parts, where it was completed before the index kept them. */
export function learnMd5s(
  sql: Statements,
  { objectId, md5s }: { objectId: number; md5s: readonly { start: number; md5: string }[] },
): void {
  for (const { start, md5 } of md5s) {
    sql.run('UPDATE segment SET md5 = ? WHERE object_id = ? AND start = ?', md5, objectId, start);
    sql.run(sumAnew('segment', 'object_id = ? AND start = ?'), objectId, start);
  }
}

export function saveScrub(sql: Statements, { after, startedAt, finishedAt }: ScrubState): void {
  sql.run(
    'INSERT OR REPLACE INTO scrub (id, after_blob, started_at, finished_at) VALUES (1, ?, ?, ?)',
    after,
    startedAt,
    finishedAt ?? null,
  );
}
