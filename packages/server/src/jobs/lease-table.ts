import type { Kysely } from 'kysely';
import type { DatabaseClock } from '../database/clock.ts';
import type { Tables } from '../database/tables.ts';

/** The holder of a lease that no node has, and that no node may take yet. */
const NO_HOLDER = '';

/** Work that one node at a time does: who does it, and until when no other may. By the database's clock. */
export class LeaseTable {
  readonly #db: Kysely<Tables>;
  readonly #clock: DatabaseClock;

  constructor(db: Kysely<Tables>, clock: DatabaseClock) {
    this.#db = db;
    this.#clock = clock;
  }

  /**
   * Takes the lease, or renews it for its holder, for this many milliseconds from now. Returns whether `holder` has it.
   * One statement: of several nodes that ask at once, one is told so.
   */
  async take({ name, holder, ms }: { name: string; holder: string; ms: number }): Promise<boolean> {
    const clock = this.#clock();
    const taken = await this.#db
      .insertInto('leases')
      .values(({ val, eb }) => ({ name, holder, expires_at: eb(clock, '+', val(ms)) }))
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet((row) => ({ holder: row.ref('excluded.holder'), expires_at: row.ref('excluded.expires_at') }))
          .where(({ eb, or }) => or([eb('leases.holder', '=', holder), eb('leases.expires_at', '<=', clock)])),
      )
      .returning('name')
      .executeTakeFirst();
    return taken !== undefined;
  }

  /** Gives it back, if `holder` still has it. No node can take it for the next `rest` milliseconds. */
  async giveBack({ name, holder, rest = 0 }: { name: string; holder: string; rest?: number }): Promise<void> {
    const clock = this.#clock();
    await this.#db
      .updateTable('leases')
      .set(({ val, eb }) => ({ holder: NO_HOLDER, expires_at: eb(clock, '+', val(rest)) }))
      .where('name', '=', name)
      .where('holder', '=', holder)
      .execute();
  }
}
