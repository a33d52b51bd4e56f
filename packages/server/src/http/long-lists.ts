import { Limiter } from '@darkslide/connections';
import { apiError, type CallName } from '@darkslide/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mapInTurns } from '../base/in-turns.ts';
import type { HeldBytes } from './held-bytes.ts';

/** A response with more links is long. */
const MAX_SHORT_LIST = 1000;
/** A link in a response has at most this many bytes, with the name of its file. */
const BYTES_PER_LINK = 1500;
/** Long responses that are worked on at once, of one caller and of all, and how many requests may wait, for how long. */
const LIMITS = { placesPerClient: 2, places: 8, maxWaiting: 256, maxWaitMs: 30_000 };
/** Links that one turn writes as JSON. */
const LINKS_PER_TURN = 250;

/**
 * Has responses with thousands of links made a few at a time. Their callers wait in line, and the memory that a response
 * may need is taken before work on it begins: many requests at once hold no more than few.
 */
export class LongLists {
  readonly #limiter = new Limiter({ ...LIMITS, refusal: () => apiError('server_busy', {}) });
  readonly #held: HeldBytes;

  constructor(held: HeldBytes) {
    this.#held = held;
  }

  /**
   * Does the work of a call at once, or one after the other where its response will be long.
   * @throws {ApiError} rate_limited, server_busy, and what `work` throws
   */
  async respond(
    { request, reply, caller, links }: { request: FastifyRequest; reply: FastifyReply; caller: string; links: number },
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    if (links <= MAX_SHORT_LIST) return { data: await work() };
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort(apiError('server_busy', {})));
    const leave = await this.#limiter.enter(gone.signal, { client: caller });
    try {
      this.#held.expect(request, links * BYTES_PER_LINK);
      const data = await jsonInTurns((await work()) as object);
      reply.type('application/json; charset=utf-8');
      return Buffer.concat([Buffer.from('{"data":'), ...data, Buffer.from('}')]);
    } finally {
      leave();
    }
  }
}

/** How many links a call asks for. */
export function linksIn(name: CallName, body: unknown): number {
  const { files_list, part_numbers, part_count, links } = (body ?? {}) as Record<string, unknown>;
  switch (name) {
    case 'uploadLinks':
      return (files_list as unknown[]).length;
    case 'partLinks':
      return (part_numbers as unknown[]).length;
    case 'startMultipart':
      return links === false ? 0 : (part_count as number);
    default:
      return 0;
  }
}

/** The bytes that `JSON.stringify` would make of an object whose lists may be long. */
async function jsonInTurns(value: object): Promise<Buffer[]> {
  const fields: Buffer[] = [];
  for (const [name, field] of Object.entries(value)) {
    fields.push(Buffer.from(`${fields.length === 0 ? '{' : ','}${JSON.stringify(name)}:`));
    fields.push(
      ...(Array.isArray(field) && field.length > 0 ? await listInTurns(field) : [Buffer.from(JSON.stringify(field))]),
    );
  }
  return [...fields, Buffer.from('}')];
}

async function listInTurns(list: readonly unknown[]): Promise<Buffer[]> {
  const starts = Array.from({ length: Math.ceil(list.length / LINKS_PER_TURN) }, (_, index) => index * LINKS_PER_TURN);
  const pieces = await mapInTurns(starts, (start) => {
    const json = JSON.stringify(list.slice(start, start + LINKS_PER_TURN));
    return Buffer.from(`${start === 0 ? '[' : ','}${json.slice(1, -1)}`);
  });
  return [...pieces, Buffer.from(']')];
}
