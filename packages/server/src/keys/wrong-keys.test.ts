import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiError } from '@darkslide/contract';
import { WrongKeys } from './wrong-keys.ts';

test('an address that guesses is refused, and keys that are known to work are not', async () => {
  const clock = { now: 0 };
  const wrongKeys = new WrongKeys({ now: () => clock.now });
  let lookups = 0;
  const ask = async (secret: string, address: string) => {
    try {
      return await wrongKeys.guard({ secret, address }, async () => {
        lookups += 1;
        if (!secret.startsWith('right')) throw apiError('invalid_api_key', {});
        return 'found';
      });
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  assert.equal(await ask('right', '192.0.2.1'), 'found');
  for (let time = 0; time < 100; time++) assert.equal(await ask(`guess ${time}`, '192.0.2.1'), 'invalid_api_key');
  lookups = 0;
  assert.equal(await ask('guess', '192.0.2.1'), 'rate_limited');
  assert.equal(await ask('right, but never seen', '192.0.2.1'), 'rate_limited');
  assert.equal(lookups, 0, 'a guess is not looked up');
  assert.equal(await ask('right', '192.0.2.1'), 'found');
  assert.equal(await ask('right, but never seen', '192.0.2.2'), 'found');
  clock.now += 60_001;
  assert.equal(await ask('guess', '192.0.2.1'), 'invalid_api_key');
});

test('a wrong key that is sent again does not count as a guess, and is not looked up', async () => {
  const clock = { now: 0 };
  const wrongKeys = new WrongKeys({ now: () => clock.now });
  let lookups = 0;
  const ask = (secret: string) =>
    wrongKeys.guard({ secret, address: '192.0.2.1' }, async () => {
      lookups += 1;
      if (!secret.startsWith('right')) throw apiError('invalid_api_key', {});
    });
  for (let time = 0; time < 500; time++) await assert.rejects(ask('an old key'), { code: 'invalid_api_key' });
  assert.equal(lookups, 1);
  for (let guess = 2; guess <= 99; guess++) await assert.rejects(ask(`guess ${guess}`), { code: 'invalid_api_key' });
  await ask('right, at 99');
  await assert.rejects(ask('guess 100'), { code: 'invalid_api_key' });
  await assert.rejects(ask('right, at 100'), { code: 'rate_limited' });
  await assert.rejects(ask('an old key'), { code: 'invalid_api_key' });
  clock.now += 60_001;
  lookups = 0;
  await assert.rejects(ask('an old key'), { code: 'invalid_api_key' });
  assert.equal(lookups, 1, 'it may be right by now');
});

test('an address of IPv6 is one of a whole network', async () => {
  const wrongKeys = new WrongKeys();
  const guess = (address: string) =>
    wrongKeys.guard({ secret: `guess of ${address}`, address }, async () => {
      throw apiError('invalid_api_key', {});
    });
  for (let host = 1; host <= 100; host++) {
    await assert.rejects(guess(`2001:db8::${host.toString(16)}`), { code: 'invalid_api_key' });
  }
  await assert.rejects(guess('2001:db8::ffff'), { code: 'rate_limited' });
  await assert.rejects(guess('2001:db8:0:1::1'), { code: 'invalid_api_key' });
});
