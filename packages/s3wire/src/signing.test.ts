import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  EMPTY_SHA256,
  EXAMPLE_CREDENTIALS,
  EXAMPLE_NOW,
  EXAMPLE_REGION,
  EXAMPLE_SERVER,
  exampleAuthorization,
} from '../test/aws-examples.ts';
import { canonicalQuery, parseQuery, recode } from './encode.ts';
import { canonicalRequest, hmacHex, signingKey, signRequest, stringToSign } from './signing.ts';
import { verifyRequest } from './verify.ts';

const HOST = 'examplebucket.s3.amazonaws.com';

describe('signRequest and verifyRequest give the signatures published in the Amazon S3 API Reference', () => {
  const examples: {
    title: string;
    method: string;
    target: string;
    headers: Record<string, string>;
    payloadHash: string;
    signedHeaders: string;
    signature: string;
  }[] = [
    {
      title: 'GET Object',
      method: 'GET',
      target: '/test.txt',
      headers: { range: 'bytes=0-9' },
      payloadHash: EMPTY_SHA256,
      signedHeaders: 'host;range;x-amz-content-sha256;x-amz-date',
      signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    },
    {
      title: 'PUT Object',
      method: 'PUT',
      target: '/test$file.text',
      headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      payloadHash: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      signedHeaders: 'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    },
    {
      title: 'GET Bucket Lifecycle',
      method: 'GET',
      target: '/?lifecycle',
      headers: {},
      payloadHash: EMPTY_SHA256,
      signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
      signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    },
    {
      title: 'GET Bucket (List Objects)',
      method: 'GET',
      target: '/?max-keys=2&prefix=J',
      headers: {},
      payloadHash: EMPTY_SHA256,
      signedHeaders: 'host;x-amz-content-sha256;x-amz-date',
      signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    },
  ];

  for (const { title, method, target, headers, payloadHash, signedHeaders, signature } of examples) {
    it(title, () => {
      const signed = signRequest({
        method,
        url: `https://${HOST}${target}`,
        headers,
        credentials: EXAMPLE_CREDENTIALS,
        region: EXAMPLE_REGION,
        now: EXAMPLE_NOW,
        payloadHash,
      });
      assert.equal(signed.authorization?.replaceAll(', ', ','), exampleAuthorization(signedHeaders, signature));

      const received = {
        ...headers,
        host: HOST,
        'x-amz-content-sha256': payloadHash,
        'x-amz-date': '20130524T000000Z',
        authorization: exampleAuthorization(signedHeaders, signature),
      };
      assert.deepEqual(verifyRequest({ method, target, headers: received }, EXAMPLE_SERVER), {
        accessKeyId: EXAMPLE_CREDENTIALS.accessKeyId,
        presigned: false,
        payload: { kind: 'sha256', hex: payloadHash },
        signedHeaders: signedHeaders.split(';'),
      });
    });
  }
});

describe("AWS's Signature Version 4 test suite", () => {
  const TOKEN =
    'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
  const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

  const vectors: {
    name: string;
    method?: string;
    path?: string;
    query?: string;
    headers?: Record<string, string | string[]>;
    signature: string;
  }[] = [
    { name: 'get-vanilla', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
    {
      name: 'get-vanilla-query-order-key-case',
      query: 'Param2=value2&Param1=value1',
      signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    },
    {
      name: 'get-vanilla-query-unreserved',
      query: `${UNRESERVED}=${UNRESERVED}`,
      signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    },
    {
      name: 'get-vanilla-utf8-query',
      query: `${Buffer.from('ሴ').toString('latin1')}=bar`,
      signature: '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    },
    {
      name: 'get-utf8',
      path: `/${Buffer.from('ሴ').toString('latin1')}`,
      signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    },
    {
      name: 'get-space',
      path: '/example space/',
      signature: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    },
    {
      name: 'get-unreserved',
      path: `/${UNRESERVED}`,
      signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    },
    {
      name: 'get-header-key-duplicate',
      headers: { 'my-header1': ['value2', 'value2', 'value1'] },
      signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    },
    {
      name: 'get-header-value-order',
      headers: { 'my-header1': ['value4', 'value1', 'value3', 'value2'] },
      signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
    },
    {
      name: 'get-header-value-trim',
      headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
      signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    },
    {
      name: 'post-vanilla',
      method: 'POST',
      signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    },
    {
      name: 'post-header-key-sort',
      method: 'POST',
      headers: { 'my-header1': 'value1' },
      signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    },
    {
      name: 'post-sts-header-before',
      method: 'POST',
      headers: { 'x-amz-security-token': TOKEN },
      signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    },
  ];

  for (const { name, method = 'GET', path = '/', query = '', headers = {}, signature } of vectors) {
    it(name, () => {
      const all = { ...headers, host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z' };
      const canonical = canonicalRequest({
        method,
        path: recode(path, { slash: false }),
        query: canonicalQuery(parseQuery(query)),
        headers: all,
        signedHeaders: Object.keys(all).sort(),
        payloadHash: EMPTY_SHA256,
      });
      const scope = { day: '20150830', region: 'us-east-1', service: 'service' };
      const key = signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope);
      assert.equal(hmacHex(key, stringToSign('20150830T123600Z', scope, canonical)), signature);
    });
  }
});
