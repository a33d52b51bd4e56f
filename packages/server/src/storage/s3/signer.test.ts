import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignerFactory } from './signer.ts';

const START = Date.UTC(2026, 0, 31, 23, 59, 30, 500);

type Identity = { accessKeyId: string; secretAccessKey: string; sessionToken?: string; expiration?: Date };

/** Signers over credentials and a clock that the test sets. */
function signing(identity: Identity, ttlSeconds = 3600) {
  const state = { identity, now: START };
  const factory = new SignerFactory({
    credentials: async () => state.identity,
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    bucket: 'b',
    pathStyle: true,
    ttlSeconds,
    now: () => new Date(state.now),
  });
  return { state, signer: (options?: { until?: Date }) => factory.signer({ 'content-type': '' }, options) };
}

const KEYS = { accessKeyId: 'AK', secretAccessKey: 'SK' };
const query = (link: string) => Object.fromEntries(new URL(link).searchParams);

test('links live as long as configured, and say so', async () => {
  const { signer } = signing(KEYS, 600);
  const { put, expiresAt } = await signer();
  const { 'X-Amz-Date': date, 'X-Amz-Expires': expires } = query(put('k'));
  assert.deepEqual([date, expires], ['20260131T235930Z', '600']);
  assert.equal(expiresAt.toISOString(), '2026-02-01T00:09:30.000Z');
});

test('links do not outlive the credentials that sign them', async () => {
  const { signer, state } = signing({ ...KEYS, sessionToken: 'T', expiration: new Date(START + 90_900) });
  const { put, expiresAt } = await signer();
  const { 'X-Amz-Expires': expires, 'X-Amz-Security-Token': token } = query(put('k'));
  assert.deepEqual([expires, token], ['91', 'T']);
  assert.ok(expiresAt.getTime() <= START + 90_900);

  state.now = START + 90_000;
  assert.equal(query((await signer()).put('k'))['X-Amz-Expires'], '1');
  state.now = START + 91_000;
  await assert.rejects(signer(), { name: 'CredentialsExpiredError' });
});

test('links are signed with the current credentials, each signer at its own', async () => {
  const { signer, state } = signing(KEYS);
  const first = await signer();
  const before = first.put('k');
  state.now = START + 60_000;
  state.identity = { accessKeyId: 'AK2', secretAccessKey: 'SK2' };
  const second = await signer();
  assert.match(query(second.put('k'))['X-Amz-Credential'] ?? '', /^AK2\/20260201\//);
  assert.equal(query(second.put('k'))['X-Amz-Date'], '20260201T000030Z');
  assert.equal(first.put('k'), before);
});

test('part links name upload and part, and sign them', async () => {
  const { signer } = signing(KEYS);
  const { putPart } = await signer();
  const upload = { key: 'p/a b.NEF', uploadId: '2~u+/=' };
  const link = query(putPart(upload, 10_000));
  assert.deepEqual([link.partNumber, link.uploadId], ['10000', '2~u+/=']);
  assert.equal(link['X-Amz-SignedHeaders'], 'content-type;host');
  assert.notEqual(query(putPart(upload, 1))['X-Amz-Signature'], link['X-Amz-Signature']);
});

test('links do not outlive the moment asked for, and live a second at least', async () => {
  const { signer } = signing(KEYS, 600);
  const life = async (milliseconds: number) => {
    const { put, expiresAt } = await signer({ until: new Date(START + milliseconds) });
    assert.ok(expiresAt.getTime() <= Math.max(START + milliseconds, START + 1000));
    return query(put('k'))['X-Amz-Expires'];
  };
  assert.deepEqual([await life(90_000), await life(1500), await life(400), await life(-5000)], ['90', '2', '1', '1']);
  assert.equal(await life(700_000), '600');
});

test('a size is signed, and only where it is given', async () => {
  const { signer } = signing(KEYS);
  const { put, putPart } = await signer();
  const signed = (link: string) => query(link)['X-Amz-SignedHeaders'];
  const upload = { key: 'k', uploadId: 'u' };
  for (const size of [0, 1, 5 * 1024 ** 3]) {
    assert.equal(signed(put('k', { size })), 'content-length;content-type;host');
    assert.equal(signed(putPart(upload, 1, { size })), 'content-length;content-type;host');
  }
  assert.equal(signed(put('k')), 'content-type;host');
  const signature = (size: number) => query(put('k', { size }))['X-Amz-Signature'];
  assert.notEqual(signature(1), signature(2));
});
