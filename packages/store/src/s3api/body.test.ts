import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { RequestBody } from './body.ts';

const limits = {
  idleTimeoutMs: 60_000,
  minProgress: { bytes: 1, windowMs: 60_000 },
  deadline: { baseMs: 60_000, bytesPerSecond: 1 },
};

function bodyOf(pieces: Buffer[]): RequestBody {
  const request = Object.assign(Readable.from(pieces, { objectMode: false }), { headers: {} }) as IncomingMessage;
  return new RequestBody({ request, payload: { kind: 'unsigned' }, limits, invite: () => {} });
}

test('a body is over only when its last bytes have been taken, however slowly', async () => {
  const piece = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }), turns: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
      const taken: Buffer[] = [];
      const turns = pieces.map((one) => one.turns);
      await bodyOf(pieces.map(({ bytes }) => Buffer.from(bytes))).pump((bytes) => {
        const wait = turns.shift() ?? 0;
        if (wait === 0) {
          taken.push(Buffer.from(bytes));
          return undefined;
        }
        return (async () => {
          for (let left = wait; left > 0; left--) await turn();
          taken.push(Buffer.from(bytes));
        })();
      });
      assert.deepEqual(Buffer.concat(taken), Buffer.concat(pieces.map(({ bytes }) => bytes)));
    }),
  );
});

test('what the sink fails with ends the body', async () => {
  const pieces = [Buffer.from('a'), Buffer.from('b')];
  await assert.rejects(
    bodyOf(pieces).pump(() => {
      throw new Error('at once');
    }),
    /at once/,
  );
  await assert.rejects(
    bodyOf(pieces).pump(async () => {
      await turn();
      throw new Error('later');
    }),
    /later/,
  );
});

test('a client that is gone before its body was asked for', async () => {
  const body = bodyOf([Buffer.from('a')]);
  const request = new Readable({ read() {} });
  request.destroy();
  const gone = new RequestBody({
    request: Object.assign(request, { headers: {} }) as IncomingMessage,
    payload: { kind: 'unsigned' },
    limits,
    invite: () => {},
  });
  await assert.rejects(
    gone.pump(() => undefined),
    { code: 'IncompleteBody' },
  );
  assert.deepEqual(await body.pump(() => undefined), {});
});
