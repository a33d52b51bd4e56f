import { apiError } from '@darkslide/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Bytes of bodies and responses in memory at once, of one caller and of all together. */
const MAX_HELD_BYTES = { caller: 128 * 1024 ** 2, all: 256 * 1024 ** 2 };
/** When a caller who was refused may ask again, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/** `expected`: what was taken for a response that is still to come. `gone`: the connection took it all, or is closed. */
type Holder = { caller: string; bytes: number; expected: number; gone: boolean };

declare module 'fastify' {
  interface FastifyRequest {
    holder: Holder | null;
  }
}

/**
 * Bounds what requests keep in memory: their bodies, and their responses until clients have read them. A caller who keeps
 * too much already is refused before more is read, so that one who does not read takes nothing from the others.
 */
export class HeldBytes {
  readonly #limits: { caller: number; all: number };
  readonly #ofCallers = new Map<string, number>();
  #all = 0;

  constructor(limits = MAX_HELD_BYTES) {
    this.#limits = limits;
  }

  /** To be called before routes are added. */
  register(app: FastifyInstance): void {
    app.decorateRequest('holder', null);
    app.addHook('onSend', async ({ holder }, _, payload) => {
      if (holder === null || !(typeof payload === 'string' || Buffer.isBuffer(payload))) return;
      this.#add(holder, payload.length - holder.expected);
      holder.expected = 0;
    });
  }

  /**
   * Counts from now on what the request keeps, until its connection has taken the whole response, or is gone.
   * @throws {ApiError} rate_limited, server_busy
   */
  admit(request: FastifyRequest, reply: FastifyReply, caller: string): void {
    const holder = { caller, bytes: 0, expected: 0, gone: reply.raw.closed };
    this.#refuseExcess(holder, 1);
    request.holder = holder;
    reply.raw.once('close', () => {
      this.#add(holder, -holder.bytes);
      holder.gone = true;
    });
  }

  /** Takes this many more bytes. @throws {ApiError} rate_limited, server_busy */
  hold({ holder }: FastifyRequest, bytes: number): void {
    if (holder === null) throw apiError('missing_api_key', {});
    this.#refuseExcess(holder, bytes);
    this.#add(holder, bytes);
  }

  /** Takes as many bytes as the response may have; its own length takes their place. @throws {ApiError} as `hold` */
  expect(request: FastifyRequest, bytes: number): void {
    this.hold(request, bytes);
    if (request.holder !== null) request.holder.expected += bytes;
  }

  /** `rate_limited` where the caller keeps too much, `server_busy` where all do together. */
  #refuseExcess({ caller }: Holder, bytes: number): void {
    if ((this.#ofCallers.get(caller) ?? 0) + bytes > this.#limits.caller) {
      throw apiError('rate_limited', { seconds: RETRY_AFTER_SECONDS });
    }
    if (this.#all + bytes > this.#limits.all) throw apiError('server_busy', {});
  }

  #add(holder: Holder, bytes: number): void {
    if (holder.gone) return;
    holder.bytes += bytes;
    this.#all += bytes;
    const left = (this.#ofCallers.get(holder.caller) ?? 0) + bytes;
    if (left === 0) this.#ofCallers.delete(holder.caller);
    else this.#ofCallers.set(holder.caller, left);
  }
}
