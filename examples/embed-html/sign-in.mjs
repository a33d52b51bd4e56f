// Who is signed in. Use your own accounts here: this sign-in asks for no password.
import { randomUUID } from 'node:crypto';

const CUSTOMERS = new Map([
  ['anna', 'Anna Smith'],
  ['ben', 'Ben Jones'],
]);
const sessions = new Map();

/** Begins a session. Returns the cookie for it. */
export function signIn(name) {
  const session = randomUUID();
  sessions.set(session, CUSTOMERS.get(name));
  return `session=${session}; HttpOnly; SameSite=Strict`;
}

/** The customer of a request's cookies; undefined if they are not signed in. */
export const customerOf = (cookies = '') => sessions.get(/(?:^|; )session=([^;]+)/.exec(cookies)?.[1]);
