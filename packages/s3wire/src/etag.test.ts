import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { etagMatches, multipartETag, quoteETag, unquoteETag } from './etag.ts';

const md5 = (data: string | Buffer) => createHash('md5').update(data);

describe('multipartETag', () => {
  it("is the MD5 of the parts' MD5s, with their count", () => {
    const parts = ['one', 'two', 'three'];
    const digests = Buffer.concat(parts.map((part) => md5(part).digest()));
    const expected = `${md5(digests).digest('hex')}-3`;
    assert.equal(multipartETag(parts.map((part) => md5(part).digest('hex'))), expected);
    assert.equal(multipartETag(parts.map((part) => quoteETag(md5(part).digest('hex')))), expected);
  });

  it('counts one part too', () => {
    assert.equal(multipartETag(['d41d8cd98f00b204e9800998ecf8427e']), '59adb24ef3cdbe0297f05b395827453f-1');
  });
});

describe('unquoteETag', () => {
  it('takes the quotes and the weak mark off', () => {
    for (const text of ['abc', '"abc"', ' "abc" ', 'W/"abc"']) assert.equal(unquoteETag(text), 'abc');
    assert.equal(unquoteETag(quoteETag('abc-2')), 'abc-2');
  });
});

describe('etagMatches', () => {
  it('finds the ETag in a list, quoted or not, and under *', () => {
    for (const list of ['"abc"', 'abc', '"x", "abc"', 'x,abc', 'W/"abc"', '*', ' * ']) {
      assert.equal(etagMatches(list, '"abc"'), true, list);
    }
    for (const list of ['"ab"', '"abcd"', '', '"x", "y"', '"*"']) assert.equal(etagMatches(list, 'abc'), false, list);
  });
});
