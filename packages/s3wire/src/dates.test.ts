import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { amzDate, parseAmzDate, parseHttpDate } from './dates.ts';

const second = fc
  .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));

describe('SigV4 dates', () => {
  it('are read as they are written', () => {
    assert.equal(amzDate(new Date('2013-05-24T01:02:03.999Z')), '20130524T010203Z');
    fc.assert(fc.property(second, (date) => assert.deepEqual(parseAmzDate(amzDate(date)), date)));
  });

  it('are refused where there is no such date', () => {
    for (const bad of [
      '',
      '20130524',
      '2013-05-24T00:00:00Z',
      '20130231T000000Z',
      '20130524T240000Z',
      '20131324T000000Z',
    ]) {
      assert.equal(parseAmzDate(bad), undefined, bad);
    }
  });
});

describe('parseHttpDate', () => {
  it('reads the form that HTTP prescribes, and that of mail', () => {
    fc.assert(fc.property(second, (date) => assert.deepEqual(parseHttpDate(date.toUTCString()), date)));
    for (const zone of ['+0000', '-0000']) {
      assert.deepEqual(parseHttpDate(`Fri, 24 May 2013 00:00:00 ${zone}`), new Date('2013-05-24'));
    }
    for (const bad of [
      '',
      '2013-05-24',
      'Fri, 24 May 2013 00:00:00 -0700',
      'Fri, 31 Feb 2013 00:00:00 GMT',
      'Fri May 24 2013',
    ]) {
      assert.equal(parseHttpDate(bad), undefined, bad);
    }
  });
});
