import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../src/credentials.ts';
import { EXAMPLE_REGION } from './aws-examples.ts';

/** AWS's own signer, set up for S3: the second opinion. */
export const smithySigner = (credentials: Credentials) =>
  new SignatureV4({
    credentials,
    region: EXAMPLE_REGION,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });

/** The key as S3's clients put it into a path. */
export const encodeKey = (key: string) =>
  key
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/');

/** Bytes sent as UTF-8, as `node:http` shows them. */
export const asReceived = (value: string) => Buffer.from(value, 'utf8').toString('latin1');

/** A query string as a careless client writes it: any order, only what must be escaped is. */
export const carelessQuery = (query: Readonly<Record<string, string>>) =>
  Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
