import { randomUUID } from 'node:crypto';
import { type EventData, type EventType, MAX_FILES_PER_EVENT } from '@darkslide/contract';
import { type Kysely, sql } from 'kysely';
import { jsonRows } from '../database/json-rows.ts';
import type { DatabaseKind, Tables } from '../database/tables.ts';

/** One event for each of `data`, in their order. */
export type NewEvents<Name extends EventType> = { projectId: number; type: Name; data: readonly EventData<Name>[] };

/** Records events. `db` is the transaction of what happened, so that there is neither without the other. */
export async function recordEvents<Name extends EventType>(
  db: Kysely<Tables>,
  kind: DatabaseKind,
  { projectId, type, data }: NewEvents<Name>,
): Promise<void> {
  if (data.length === 0) return;
  const rows = jsonRows(
    kind,
    data.map((one, index) => [index, randomUUID(), JSON.stringify(one)]),
  );
  await sql`
    insert into events (uuid, account_id, project_uuid, type, data, created_at)
    select v.value ->> 1, projects.account_id, projects.uuid, cast(${type} as text), v.value ->> 2,
      cast(${Date.now()} as bigint)
    from ${rows}, projects where projects.id = ${projectId} order by cast(v.value ->> 0 as bigint)
  `.execute(db);
}

type FileEvent = 'file.uploaded' | 'file.damaged';
type NewFileEvents<Name extends FileEvent> = {
  projectId: number;
  type: Name;
  files: readonly EventData<Name>['files'][number][];
};

/** The same for files that have one fate together: a few events that each name many of them. */
export async function recordFileEvents<Name extends FileEvent>(
  db: Kysely<Tables>,
  kind: DatabaseKind,
  { projectId, type, files }: NewFileEvents<Name>,
): Promise<void> {
  const data: EventData<Name>[] = [];
  for (let at = 0; at < files.length; at += MAX_FILES_PER_EVENT) {
    data.push({ files: files.slice(at, at + MAX_FILES_PER_EVENT) } as EventData<Name>);
  }
  await recordEvents(db, kind, { projectId, type, data });
}
