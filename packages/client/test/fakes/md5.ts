import { createHash } from 'node:crypto';

export const md5Hex = (...chunks: Uint8Array[]): string => {
  const hash = createHash('md5');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};
