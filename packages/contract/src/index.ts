/**
 * The API's words, for clients and servers: calls, errors, limits, name rules, and the types of what goes over the wire.
 * The schemas themselves are in `@darkslide/contract/routes`, so that a client does not load their library.
 */
export * from './calls.ts';
export * from './errors.ts';
export type { EventData, EventList, EventType } from './events.ts';
export * from './limits.ts';
export * from './names.ts';
export * from './retryable.ts';
export type * as schemas from './schemas.ts';
export type * from './schemas.ts';
