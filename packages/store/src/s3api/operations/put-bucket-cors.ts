import { parseXml, S3Error, type XmlObject } from '@darkslide/s3wire';
import type { CorsRule } from '../../options.ts';
import { receiveText } from '../incoming.ts';
import { BODY_HEADERS, type Known } from '../known.ts';
import { operation } from '../operation.ts';
import { commit } from '../store.ts';
import { children, optionalText, texts } from '../xml-input.ts';

const MAX_RULES = 100;
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

const KNOWN: Known = { query: ['cors'], headers: BODY_HEADERS };

export const putBucketCors = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const input = parseXml(await receiveText(request, store), { root: 'CORSConfiguration', lists: ['CORSRule'] });
  const rules = children(input, 'CORSRule').map(readRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error('MalformedXML');
  await commit(store, { type: 'setCors', bucketId, cors: JSON.stringify(rules) });
  return { status: 200 };
});

function readRule(element: XmlObject): CorsRule {
  const allowedOrigins = texts(element, 'AllowedOrigin');
  const allowedMethods = texts(element, 'AllowedMethod');
  const allowedHeaders = texts(element, 'AllowedHeader');
  const maxAge = optionalText(element, 'MaxAgeSeconds');
  if (allowedOrigins.length === 0 || allowedMethods.length === 0) throw new S3Error('MalformedXML');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw new S3Error('MalformedXML');

  const unknown = allowedMethods.find((method) => !METHODS.includes(method));
  if (unknown !== undefined) {
    throw new S3Error('InvalidRequest', {
      message: `Found unsupported HTTP method in CORS config. Unsupported method is ${unknown}`,
    });
  }
  const greedy = [...allowedOrigins, ...allowedHeaders].find((pattern) => pattern.split('*').length > 2);
  if (greedy !== undefined) {
    throw new S3Error('InvalidRequest', { message: `"${greedy}" can not have more than one wildcard.` });
  }
  return {
    id: optionalText(element, 'ID'),
    allowedOrigins,
    allowedMethods,
    allowedHeaders,
    exposeHeaders: texts(element, 'ExposeHeader'),
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
  };
}
