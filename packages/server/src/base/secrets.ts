import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Characters of the hash that a secret is looked up by. */
const PREFIX_LENGTH = 16;

/** What is kept of a secret: its SHA-256 in hex, and the beginning of that, which identifies it without telling it. */
export type HashedSecret = { prefix: string; hash: string };

/** 256 bits that cannot be guessed, with a word before them that says what they are. */
export const newSecret = (kind: 'dsk' | 'dst') => `${kind}_${randomBytes(32).toString('base64url')}`;

export function hashSecret(secret: string): HashedSecret {
  const hash = createHash('sha256').update(secret).digest('hex');
  return { prefix: hash.slice(0, PREFIX_LENGTH), hash };
}

/** Without telling by its time how much of a guess was right. */
export const isSameHash = (ours: string, theirs: string) =>
  timingSafeEqual(Buffer.from(ours, 'hex'), Buffer.from(theirs, 'hex'));
