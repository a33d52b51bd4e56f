import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SourceError, TransportError } from '../../src/base/errors.ts';
import type { Transport } from '../../src/base/ports.ts';
import { during } from '../during.ts';
import type { FakeAnswer, FakeRequest, FakeServer } from '../fakes/fake-transport.ts';
import { MemoryFile, photoBytes } from '../fakes/memory-source.ts';

export type TransportUnderTest = {
  transport: Transport;
  /** Where the server is. */
  url: string;
  /** A URL where no server listens. */
  nowhere: string;
  /** Waits for a promise, and moves time where that does not move by itself. */
  run: <T>(wait: Promise<T>) => Promise<T>;
  /**
   * A page sends no empty content type, all of a body also where that is refused, and is not told that a connection was
   * lost before anything was sent.
   */
  inBrowser?: boolean;
  [Symbol.asyncDispose](): Promise<void>;
};

const SIZE = 3 * 1024 * 1024;
const photo = (size: number) => new MemoryFile('/card/a.NEF', photoBytes(size, 1));
const kindOf = (kind: string) => (error: unknown) => error instanceof TransportError && error.kind === kind;

/** What every transport promises. */
export function describeTransport(name: string, create: (server: FakeServer) => Promise<TransportUnderTest>): void {
  const answering = (answer: (request: FakeRequest, body: Uint8Array) => FakeAnswer) => create({ answer });

  describe(name, () => {
    test('brings method, headers and text there, and status, headers and text back', async () => {
      await during(
        answering(({ method, url, headers }, body) => ({
          status: 201,
          headers: { 'x-seen': headers['x-sent'] ?? '' },
          text: `${method} ${new URL(url).pathname}${new URL(url).search} ${new TextDecoder().decode(body)}`,
        })),
        async (under) => {
          const { transport, url, run } = under;
          const response = await run(
            transport.send({
              method: 'POST',
              url: `${url}/a%2Fb?c=%2B`,
              headers: { 'x-sent': 'h' },
              body: 'grüße',
            }),
          );
          assert.equal(response.status, 201);
          assert.equal(response.headers['x-seen'], 'h');
          assert.equal(response.text, 'POST /a%2Fb?c=%2B grüße');
        },
      );
    });

    test('sends a body whole, with an empty content type, and reports its bytes', async () => {
      const file = photo(SIZE);
      let seen: Uint8Array = new Uint8Array();
      let type: string | undefined;
      await during(
        answering(({ headers }, body) => {
          seen = body;
          type = headers['content-type'];
          return { status: 200 };
        }),
        async (under) => {
          let sent = 0;
          const body = file.source().open({ start: 0, end: SIZE });
          const onSent = (bytes: number) => {
            sent += bytes;
          };
          const headers = { 'content-type': '' };
          await under.run(under.transport.send({ method: 'PUT', url: `${under.url}/x`, headers, body, onSent }));
          assert.deepEqual(new Uint8Array(seen), file.bytes);
          assert.deepEqual([sent, type], [SIZE, under.inBrowser ? undefined : '']);
        },
      );
    });

    test('gives a refusal without sending all the rest', async () => {
      await during(
        create({
          head: () => ({ afterBytes: 0, answer: { status: 403, text: 'no' } }),
          answer: () => ({ status: 200 }),
        }),
        async (under) => {
          const file = photo(64 * 1024 * 1024);
          const body = file.source().open({ start: 0, end: file.bytes.length });
          const response = await under.run(
            under.transport.send({ method: 'PUT', url: `${under.url}/x`, headers: {}, body }),
          );
          assert.deepEqual([response.status, response.text], [403, 'no']);
          if (!under.inBrowser) assert.ok(file.reads < 250, `${file.reads} of 256 chunks were read`);
        },
      );
    });

    test('says that a connection was lost, with and without a body', async () => {
      await during(
        answering(() => ({ fault: 'reset' })),
        async (under) => {
          const { transport, url, run, inBrowser } = under;
          const lost = kindOf(inBrowser ? 'unreachable' : 'reset');
          await assert.rejects(run(transport.send({ method: 'GET', url, headers: {} })), lost);
          const body = photo(SIZE).source().open({ start: 0, end: SIZE });
          const onSent = () => {};
          await assert.rejects(run(transport.send({ method: 'PUT', url, headers: {}, body, onSent })), kindOf('reset'));
        },
      );
    });

    test('says that no server is there', async () => {
      await during(
        answering(() => ({ fault: 'unreachable' })),
        async (under) => {
          const { transport, nowhere, run } = under;
          await assert.rejects(
            run(transport.send({ method: 'GET', url: nowhere, headers: {} })),
            kindOf('unreachable'),
          );
        },
      );
    });

    test('ends with the reason when it is told to', async () => {
      await during(
        answering(() => ({ fault: 'hang' })),
        async (under) => {
          const abort = new AbortController();
          const reason = new Error('enough');
          const { transport, url, run } = under;
          const body = photo(SIZE).source().open({ start: 0, end: SIZE });
          let sent = 0;
          const onSent = (bytes: number) => {
            sent += bytes;
            if (sent === SIZE) abort.abort(reason);
          };
          const sending = transport.send({ method: 'PUT', url, headers: {}, body, signal: abort.signal, onSent });
          await assert.rejects(run(sending), reason);
          await assert.rejects(run(transport.send({ method: 'GET', url, headers: {}, signal: abort.signal })), reason);
        },
      );
    });

    test('ends with the error of a body that can not be read', async () => {
      await during(
        answering(() => ({ status: 200 })),
        async (under) => {
          const file = photo(SIZE);
          const body = file.source().open({ start: 0, end: SIZE });
          file.broken = { kind: 'unreadable', at: SIZE / 2 };
          const { transport, url, run } = under;
          await assert.rejects(run(transport.send({ method: 'PUT', url, headers: {}, body })), SourceError);
        },
      );
    });

    test('asks the pace before it sends', async () => {
      await during(
        answering(() => ({ status: 200 })),
        async (under) => {
          let granted = 0;
          let sent = 0;
          const pace = {
            piece: 100_000,
            take: async (bytes: number) => {
              assert.ok(bytes <= 100_000);
              granted += bytes;
            },
          };
          const onSent = (bytes: number) => {
            sent += bytes;
            assert.ok(sent <= granted);
          };
          const body = photo(SIZE).source().open({ start: 0, end: SIZE });
          await under.run(under.transport.send({ method: 'PUT', url: under.url, headers: {}, body, pace, onSent }));
          assert.deepEqual([sent, granted], [SIZE, SIZE]);
        },
      );
    });
  });
}
