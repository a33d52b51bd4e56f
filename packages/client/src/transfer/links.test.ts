import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../test/fakes/virtual-clock.ts';
import { ProtocolError, RefusedError } from '../base/errors.ts';
import { Links } from './links.ts';

function setUp({ ahead = 3, expires = 100, refuse = '' } = {}) {
  const clock = new VirtualClock();
  const asked: string[][] = [];
  const links = new Links<string>({
    clock,
    upcoming: ['a', 'b', 'c', 'd', 'e', 'f'],
    ahead: () => ahead,
    request: async (keys) => {
      asked.push(keys);
      await clock.sleep(1);
      if (keys.includes(refuse)) throw new RefusedError('no', { status: 400 });
      return new Map(
        keys
          .filter((key) => key !== 'gone')
          .map((key) => [key, { url: `http://x/${key}?X-Amz-Expires=${expires}&n=${asked.length}` }]),
      );
    },
  });
  return { clock, asked, links };
}

test('asks ahead of need, in batches', async () => {
  const { clock, asked, links } = setUp();
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    assert.match((await clock.run(links.take(key))).url, new RegExp(`/${key}\\?`));
    links.release(key);
  }
  assert.deepEqual(asked, [
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
  ]);
});

test('asks once for those who wait for the same batch', async () => {
  const { clock, asked, links } = setUp();
  await clock.run(Promise.all([links.take('a'), links.take('b'), links.take('a')]));
  assert.equal(asked.length, 1);
});

test('gives the same link again until it expires, or is dropped', async () => {
  const { clock, links } = setUp();
  const first = await clock.run(links.take('a'));
  assert.equal(await clock.run(links.take('a')), first);
  clock.suspend(89_000);
  assert.equal(await clock.run(links.take('a')), first);
  clock.suspend(2000);
  const second = await clock.run(links.take('a'));
  assert.notEqual(second, first);
  links.drop('a');
  assert.notEqual(await clock.run(links.take('a')), second);
});

test('a key that is refused costs the others nothing', async () => {
  const { clock, links } = setUp({ refuse: 'b' });
  assert.match((await clock.run(links.take('a'))).url, /\/a\?/);
  await assert.rejects(clock.run(links.take('b')), RefusedError);
  assert.match((await clock.run(links.take('c'))).url, /\/c\?/);
});

test('a server that responds without the link that was asked for breaks the contract', async () => {
  const { clock, links } = setUp();
  await assert.rejects(clock.run(links.take('gone')), ProtocolError);
});
