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

function bodyOf(chunks: Buffer[]): RequestBody {
  const request = Object.assign(Readable.from(chunks, { objectMode: false }), { headers: {} }) as IncomingMessage;
  return new RequestBody({ request, payload: { kind: 'unsigned' }, limits, sendContinue: () => {} });
}

test('a body is over only when its last bytes have been taken, however slowly', async () => {
  const chunk = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }), turns: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), async (chunks) => {
      const taken: Buffer[] = [];
      const turns = chunks.map((one) => one.turns);
      await bodyOf(chunks.map(({ bytes }) => Buffer.from(bytes))).pump((bytes) => {
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
      assert.deepEqual(Buffer.concat(taken), Buffer.concat(chunks.map(({ bytes }) => bytes)));
    }),
  );
});

test('what the sink fails with ends the body', async () => {
  const chunks = [Buffer.from('a'), Buffer.from('b')];
  await assert.rejects(
    bodyOf(chunks).pump(() => {
      throw new Error('at once');
    }),
    /at once/,
  );
  await assert.rejects(
    bodyOf(chunks).pump(async () => {
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
    sendContinue: () => {},
  });
  await assert.rejects(
    gone.pump(() => undefined),
    { code: 'IncompleteBody' },
  );
  assert.deepEqual(await body.pump(() => undefined), {});
});
