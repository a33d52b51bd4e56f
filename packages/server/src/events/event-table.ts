import type { EventList } from '@darkslide/contract';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../database/tables.ts';

type Event = EventList['events'][number];

/**
 * The events of each account, in the order of their positions. An event gets its position when it is read for the
 * first time, which is after its transaction was committed. Ids do not give the order: PostgreSQL commits them in any
 * order, and a reader would pass by the one that is committed later.
 */
export class EventTable {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** One page of an account's events, after the position `after`. The next page is `after: next`. */
  async list(accountId: number, { after, limit }: { after: number; limit: number }) {
    let rows = await this.#read(accountId, { after, limit });
    if (rows.length < limit && (await this.#givePositions(accountId, limit))) {
      rows = await this.#read(accountId, { after, limit });
    }
    const events = rows.map(
      ({ uuid, type, created_at, project_uuid, data }) =>
        ({
          id: uuid,
          type,
          created_at: new Date(created_at).toISOString(),
          project_uuid,
          data: JSON.parse(data),
        }) as Event,
    );
    return { events, next: rows.at(-1)?.position ?? after };
  }

  /** Removes those of the oldest `limit` that were recorded before this moment; returns how many. */
  async remove({ before, limit }: { before: number; limit: number }): Promise<number> {
    const oldest = this.#db.selectFrom('events').select('id').orderBy('id').limit(limit);
    const { numDeletedRows } = await this.#db
      .deleteFrom('events')
      .where('id', 'in', oldest)
      .where('created_at', '<', before)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  #read(accountId: number, { after, limit }: { after: number; limit: number }) {
    return this.#db
      .selectFrom('events')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('position', '>', after)
      .orderBy('position')
      .limit(limit)
      .execute();
  }

  /** Gives positions to at most this many events that have none, in the order of their ids; returns whether to any. */
  async #givePositions(accountId: number, limit: number): Promise<boolean> {
    if ((await this.#withoutPosition(this.#db, accountId, 1).execute()).length === 0) return false;
    return await this.#db.transaction().execute(async (db) => {
      // Holds the account's row, so that positions are committed in their order.
      const { last_position: last } = await db
        .updateTable('accounts')
        .set({ last_position: sql`last_position` })
        .where('id', '=', accountId)
        .returning('last_position')
        .executeTakeFirstOrThrow();
      const some = this.#withoutPosition(db, accountId, limit);
      const { numAffectedRows: given = 0n } = await sql`
        update events set position = cast(${last} as bigint) + numbered.place
        from (select id, row_number() over (order by id) as place from ${some} as unnumbered) as numbered
        where events.id = numbered.id
      `.execute(db);
      await db
        .updateTable('accounts')
        .set({ last_position: last + Number(given) })
        .where('id', '=', accountId)
        .execute();
      return given > 0n;
    });
  }

  #withoutPosition(db: Kysely<Tables>, accountId: number, limit: number) {
    return db
      .selectFrom('events')
      .select('id')
      .where('account_id', '=', accountId)
      .where('position', 'is', null)
      .orderBy('id')
      .limit(limit);
  }
}
