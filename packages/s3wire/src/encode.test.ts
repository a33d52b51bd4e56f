import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeKey } from '../test/smithy.ts';
import { canonicalQuery, parseQuery, recode, uriEncode } from './encode.ts';

const wellFormed = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.toWellFormed());

describe('uriEncode', () => {
  it("follows AWS's rule", () => {
    const kept = 'ABCXYZabcxyz0189-._~';
    assert.equal(uriEncode(kept, { slash: true }), kept);
    assert.equal(uriEncode("/ +*'()!é", { slash: true }), '%2F%20%2B%2A%27%28%29%21%C3%A9');
    assert.equal(uriEncode('a/b c', { slash: false }), 'a/b%20c');
    assert.equal(uriEncode('', { slash: true }), '');
    assert.throws(() => uriEncode('\ud800', { slash: true }), URIError);
  });

  it('is undone by decoding', () => {
    fc.assert(
      fc.property(wellFormed, fc.boolean(), (value, slash) => {
        assert.equal(decodeURIComponent(uriEncode(value, { slash })), value);
      }),
    );
  });
});

describe('recode', () => {
  it('gives the one encoding, whatever was escaped and how', () => {
    assert.equal(recode("/a%62%2D%2d/it's %C3%a9\u00e9", { slash: false }), '/ab--/it%27s%20%C3%A9%E9');
    fc.assert(
      fc.property(wellFormed, (value) => {
        const escapedAll = Buffer.from(value).reduce(
          (text, byte) => `${text}%${byte.toString(16).padStart(2, '0')}`,
          '',
        );
        const received = Buffer.from(value.replaceAll('%', '%25')).toString('latin1');
        for (const encoded of [escapedAll, received, encodeKey(value)]) {
          assert.equal(recode(encoded, { slash: false }), uriEncode(value, { slash: false }));
        }
      }),
    );
  });

  it('refuses broken escapes and characters that are not bytes', () => {
    for (const bad of ['%', '%4', '%4g', '%%41', '\u0100', '😀']) {
      assert.throws(() => recode(bad, { slash: true }), { name: 'S3Error', code: 'InvalidURI' });
    }
  });
});

describe('canonicalQuery', () => {
  it('sorts by name, then by value, in the order of bytes', () => {
    const query = 'b=2&a=2&a=1&A=x&a-b=1&uploads&=v&&c=%7e+%2B&a=';
    assert.equal(canonicalQuery(parseQuery(query)), '=v&A=x&a=&a=1&a=2&a-b=1&b=2&c=~%20%2B&uploads=');
  });
});
