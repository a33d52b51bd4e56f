import { type Kysely, sql, type Transaction } from 'kysely';
import { inStatements, jsonRows } from '../database/json-rows.ts';
import type { DatabaseKind, ProjectRow, Tables, UploadTokenRow } from '../database/tables.ts';
import { recordEvents } from '../events/record-events.ts';
import { type Claim, type Counted, countClaims } from './count-claims.ts';

export type NewUploadToken = Omit<UploadTokenRow, 'id' | 'bytes' | 'files' | 'last_used_at' | 'revoked_at'>;

/**
 * `ended`: the token was revoked or has expired. `full`: the names and sizes that are new would be over a limit, of
 * which `used` is taken and `asked` was wanted; nothing was recorded.
 */
export type ClaimOutcome = { kind: 'claimed' } | { kind: 'ended' } | Extract<Counted, { kind: 'full' }>;

/** `check` comes last in the transaction, and refuses by throwing. */
type AddOptions = { forget: number; check: ((db: Kysely<Tables>) => Promise<void>) | undefined };

/** Upload tokens, and the names that each has asked for. */
export class UploadTokenTable {
  readonly #db: Kysely<Tables>;
  readonly #kind: DatabaseKind;

  constructor(db: Kysely<Tables>, kind: DatabaseKind) {
    this.#db = db;
    this.#kind = kind;
  }

  /** Records a token, and removes those of its project that expired before `forget`. */
  async add(token: NewUploadToken, { forget, check }: AddOptions): Promise<void> {
    await this.#db
      .deleteFrom('upload_tokens')
      .where('project_id', '=', token.project_id)
      .where('expires_at', '<', forget)
      .execute();
    await this.#db.transaction().execute(async (db) => {
      await db.insertInto('upload_tokens').values(token).execute();
      await check?.(db);
    });
  }

  /** With this prefix, expired ones too; without those that were revoked, or whose key was. */
  withPrefix(prefix: string): Promise<(UploadTokenRow & { account_id: number })[]> {
    return this.#db
      .selectFrom('upload_tokens')
      .innerJoin('api_keys', 'api_keys.id', 'upload_tokens.key_id')
      .selectAll('upload_tokens')
      .select('api_keys.account_id')
      .where('upload_tokens.prefix', '=', prefix)
      .where('upload_tokens.revoked_at', 'is', null)
      .where('api_keys.revoked_at', 'is', null)
      .limit(10)
      .execute();
  }

  /** The project that a token is for. */
  projectOf({ project_id }: UploadTokenRow): Promise<Pick<ProjectRow, 'uuid' | 'name' | 'family'>> {
    return this.#db
      .selectFrom('projects')
      .select(['uuid', 'name', 'family'])
      .where('id', '=', project_id)
      .executeTakeFirstOrThrow();
  }

  /** A project's tokens that work, oldest first, after the one whose id is `after`. */
  listWorking(projectId: number, page: { now: number; after: number; limit: number }): Promise<UploadTokenRow[]> {
    return this.#db
      .selectFrom('upload_tokens')
      .innerJoin('api_keys', 'api_keys.id', 'upload_tokens.key_id')
      .selectAll('upload_tokens')
      .where('upload_tokens.project_id', '=', projectId)
      .where('upload_tokens.id', '>', page.after)
      .where('upload_tokens.expires_at', '>', page.now)
      .where('upload_tokens.revoked_at', 'is', null)
      .where('api_keys.revoked_at', 'is', null)
      .orderBy('upload_tokens.id')
      .limit(page.limit)
      .execute();
  }

  /** Returns whether the project has that token, also where it was revoked before. */
  async revoke(projectId: number, tokenId: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('upload_tokens')
      .set((row) => ({ revoked_at: row.fn.coalesce('revoked_at', row.val(now)) }))
      .where('project_id', '=', projectId)
      .where('token_id', '=', tokenId)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Of these names, those that the token has asked for before. */
  async claimed(id: number, names: readonly string[]): Promise<Set<string>> {
    return new Set((await claimedSizes(this.#db, this.#kind, id, names)).keys());
  }

  /**
   * Counts names against the token's limits, all or none. A name counts once, with the largest size that was asked
   * for. Holds the token's row meanwhile, so that of requests for what is left last, only as many succeed as there is.
   */
  async claim(id: number, claims: readonly Claim[], now: number): Promise<ClaimOutcome> {
    return await this.#db.transaction().execute(async (db): Promise<ClaimOutcome> => {
      const token = await holdWorking(db, id, now);
      if (token === undefined) return { kind: 'ended' };
      const known = await claimedSizes(
        db,
        this.#kind,
        id,
        claims.map(({ name }) => name),
      );
      const counted = countClaims(token, claims, known);
      if (counted.kind === 'full') return counted;
      await this.#record(db, token, claims, counted.added);
      await this.#tellExhausted(db, token, counted.added);
      return { kind: 'claimed' };
    });
  }

  async #tellExhausted(
    db: Transaction<Tables>,
    token: UploadTokenRow,
    added: { files: number; bytes: number },
  ): Promise<void> {
    const limits = (['files', 'bytes'] as const)
      .filter((limit) => added[limit] > 0 && token[limit] + added[limit] === token[`max_${limit}`])
      .map((limit) => `max_${limit}` as const);
    if (limits.length === 0) return;
    const data = [{ token_id: token.token_id, limits }];
    await recordEvents(db, this.#kind, { projectId: token.project_id, type: 'token.exhausted', data });
  }

  async #record(
    db: Transaction<Tables>,
    { id, files, bytes }: UploadTokenRow,
    claims: readonly Claim[],
    added: { files: number; bytes: number },
  ): Promise<void> {
    await inStatements(this.#kind, claims, async (some) => {
      const rows = jsonRows(
        this.#kind,
        some.map(({ name, size }) => [name, size]),
      );
      await sql`
        insert into upload_token_files (token_id, name, size)
        select cast(${id} as bigint), v.value ->> 0, cast(v.value ->> 1 as bigint) from ${rows} where true
        on conflict (token_id, name) do update set size = excluded.size where excluded.size > upload_token_files.size
      `.execute(db);
    });
    await db
      .updateTable('upload_tokens')
      .set({ files: files + added.files, bytes: bytes + added.bytes })
      .where('id', '=', id)
      .execute();
  }
}

/** The token while it works, its row held until the transaction ends. */
function holdWorking(db: Transaction<Tables>, id: number, now: number): Promise<UploadTokenRow | undefined> {
  return db
    .updateTable('upload_tokens')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where('expires_at', '>', now)
    .where('revoked_at', 'is', null)
    .where('key_id', 'in', db.selectFrom('api_keys').select('id').where('revoked_at', 'is', null))
    .returningAll()
    .executeTakeFirst();
}

async function claimedSizes(
  db: Kysely<Tables>,
  kind: DatabaseKind,
  id: number,
  names: readonly string[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await inStatements(kind, names, async (some) => {
    const rows = jsonRows(
      kind,
      some.map((name) => [name]),
    );
    const { rows: known } = await sql<{ name: string; size: number }>`
      select name, size from upload_token_files
      where token_id = cast(${id} as bigint) and name in (select v.value ->> 0 from ${rows})
    `.execute(db);
    for (const { name, size } of known) sizes.set(name, size);
  });
  return sizes;
}
