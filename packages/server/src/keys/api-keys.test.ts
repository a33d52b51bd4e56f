import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newDatabase, onEveryDatabase, openedFor } from '../../test/database.ts';
import { withApiKeys } from '../api-keys.ts';
import { hashSecret } from '../base/secrets.ts';
import { ApiKeys, type CreateKey } from './api-keys.ts';

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
    for (const wrong of [first.slice(0, -1), `${first}x`, first.toUpperCase(), ' ', 'x'.repeat(10_000)]) {
      await assert.rejects(keys.authenticate(wrong), { code: 'invalid_api_key' });
    }

    assert.equal(await keys.ensureFirst('configured'), undefined);
    assert.equal(await keys.ensureFirst('configured anew'), undefined);
    assert.equal((await keys.authenticate('configured anew')).accountId, 1);
    await assert.rejects(keys.authenticate('configured'), { code: 'invalid_api_key' });
    assert.deepEqual(await keys.authenticate(first), caller);

    // The last use is noted, but not every time.
    const lastUse = async () => {
      const { prefix } = hashSecret(first);
      return (await keys.list()).find(({ keyId }) => keyId === prefix)?.lastUsedAt?.getTime();
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
    const create = (key: CreateKey) => withApiKeys(database, async (beside) => (await beside.create(key)).key);
    const [one, two, other] = [
      await create({ account: 'studio' }),
      await create({ account: 'studio' }),
      await create({ account: 'other' }),
    ];
    const account = async (key: string) => (await keys.authenticate(key)).accountId;
    assert.equal(await account(one), await account(two));
    assert.equal(new Set([await account(one), await account(other), await account('configured')]).size, 3);
  });

  test('are listed without their secrets, and revoked for every server at once', async (t) => {
    const database = await newDatabase(t, kind);
    const keys = new ApiKeys({ accounts: (await openedFor(t, database)).accounts, now: Date.now });
    const { key, keyId } = await keys.create({ account: 'studio', scope: 'read', label: 'gallery' });
    await keys.create({ account: 'other' });
    assert.equal((await keys.authenticate(key)).scope, 'read');
    const [info, ...more] = await keys.list({ account: 'studio' });
    assert.deepEqual(more, []);
    assert.deepEqual([info?.keyId, info?.scope, info?.label, info?.revokedAt], [keyId, 'read', 'gallery', null]);
    assert.ok(!JSON.stringify(await keys.list()).includes(key.slice(4)));
    assert.equal((await keys.list()).length, 2);

    const first = await withApiKeys(database, (beside) => beside.revoke(keyId));
    await assert.rejects(keys.authenticate(key), { code: 'invalid_api_key' });
    assert.deepEqual((await keys.revoke(keyId))?.revokedAt, first?.revokedAt, 'again changes nothing');
    assert.equal(await keys.revoke('0123456789abcdef'), undefined);
  });

  test('that were revoked do not come back by the configuration', async (t) => {
    const { accounts } = await openedFor(t, await newDatabase(t, kind));
    const keys = new ApiKeys({ accounts, now: Date.now });
    await keys.ensureFirst('leaked');
    await keys.revoke(hashSecret('leaked').prefix);
    await assert.rejects(keys.ensureFirst('leaked'), /was revoked/);
    await keys.ensureFirst('fresh');
    await assert.rejects(keys.ensureFirst('leaked'), /was revoked/);
    await assert.rejects(keys.authenticate('leaked'), { code: 'invalid_api_key' });
    // One that only was replaced may come back.
    await keys.ensureFirst('second');
    await keys.ensureFirst('fresh');
    await keys.authenticate('fresh');
  });
});
