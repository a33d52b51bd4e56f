import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newDatabase, onEveryDatabase, openedFor } from '../test/database.ts';
import { ApiKeys, createApiKey } from './api-keys.ts';

onEveryDatabase('API keys', (kind) => {
  test('are made on the first run alone, unless one is configured', async (t) => {
    const config = await newDatabase(t, kind);
    const { accounts } = await openedFor(t, config);
    let now = 5_000_000_000;
    const keys = new ApiKeys({ accounts, now: () => now });
    const first = (await keys.ensureFirst(undefined)) ?? assert.fail();
    assert.match(first, /^dsk_[\w-]{43}$/);
    assert.equal(await keys.ensureFirst(undefined), undefined);
    const caller = await keys.authenticate(first);
    assert.equal(caller.accountId, 1);
    for (const wrong of [first.slice(0, -1), `${first}x`, first.toUpperCase(), ' ', 'x'.repeat(10_000)])
      await assert.rejects(keys.authenticate(wrong), { code: 'invalid_api_key' });

    assert.equal(await keys.ensureFirst('configured'), undefined);
    assert.equal(await keys.ensureFirst('configured anew'), undefined);
    assert.equal((await keys.authenticate('configured anew')).accountId, 1);
    await assert.rejects(keys.authenticate('configured'), { code: 'invalid_api_key' });
    assert.deepEqual(await keys.authenticate(first), caller);

    // The last use is noted, but not every time.
    const lastUse = async () => {
      for (const row of await accounts.keysWithPrefix((await import('node:crypto')).hash('sha256', first).slice(0, 16)))
        return row.last_used_at;
    };
    assert.equal(await lastUse(), 5_000_000_000);
    now += 1000;
    await keys.authenticate(first);
    assert.equal(await lastUse(), 5_000_000_000);
    now += 60 * 60_000;
    await keys.authenticate(first);
    assert.equal(await lastUse(), now);
  });

  test('are made for any account, beside a running server', async (t) => {
    const database = await newDatabase(t, kind);
    const keys = new ApiKeys({ accounts: (await openedFor(t, database)).accounts, now: Date.now });
    await keys.ensureFirst('configured');
    const [one, two, other] = [
      await createApiKey({ database, account: 'studio' }),
      await createApiKey({ database, account: 'studio' }),
      await createApiKey({ database, account: 'other' }),
    ];
    const account = async (key: string) => (await keys.authenticate(key)).accountId;
    assert.equal(await account(one), await account(two));
    assert.equal(new Set([await account(one), await account(other), await account('configured')]).size, 3);
  });
});
