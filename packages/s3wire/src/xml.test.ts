import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { S3Error } from './errors.ts';
import { buildErrorXml, buildXml, parseXml } from './xml.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

describe('buildXml', () => {
  it("writes a document in S3's namespace", () => {
    const xml = buildXml('ListBucketResult', {
      Name: 'photos',
      KeyCount: 2,
      IsTruncated: false,
      Prefix: '',
      NextContinuationToken: undefined,
      Contents: [
        { Key: 'a<b>&"c"', LastModified: new Date('2013-05-24T00:00:00Z') },
        { Key: 'é', Owner: { ID: '1' } },
      ],
      CommonPrefixes: [],
    });
    assert.equal(
      xml,
      `${DECLARATION}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>photos</Name><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated><Prefix/><Contents><Key>a&lt;b&gt;&amp;&quot;c&quot;</Key><LastModified>2013-05-24T00:00:00.000Z</LastModified></Contents><Contents><Key>é</Key><Owner><ID>1</ID></Owner></Contents></ListBucketResult>`,
    );
  });

  it('writes control characters as references', () => {
    const xml = buildXml('R', { Key: '\u0001\t\r\n\u007f\u0085' }, { namespace: false });
    assert.equal(xml, `${DECLARATION}<R><Key>&#x1;&#x9;&#xd;&#xa;&#x7f;&#x85;</Key></R>`);
  });

  it('is read back by parseXml, whatever the text', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1 }), anyText, (keys, prefix) => {
        const xml = buildXml('ListBucketResult', { Prefix: prefix, Contents: keys.map((Key) => ({ Key })) });
        assert.deepEqual(parseXml(xml, { root: 'ListBucketResult', lists: ['Contents'] }), {
          Prefix: prefix.toWellFormed(),
          Contents: keys.map((key) => ({ Key: key.toWellFormed() })),
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('buildErrorXml', () => {
  it('writes code, message, details and place, without a namespace', () => {
    const error = new S3Error('NoSuchKey', { details: { Key: 'a&b' } });
    assert.equal(
      buildErrorXml(error, { resource: '/bucket/a&b', requestId: 'r1' }),
      `${DECLARATION}<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key><Resource>/bucket/a&amp;b</Resource><RequestId>r1</RequestId></Error>`,
    );
  });
});

describe('parseXml', () => {
  const complete = { root: 'CompleteMultipartUpload', lists: ['Part'] };

  it('reads documents of every layout', () => {
    const expected = { Part: [{ PartNumber: '1', ETag: '"a"' }] };
    for (const text of [
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part></CompleteMultipartUpload>',
      `${DECLARATION}<!-- by hand -->\r\n<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\r\n\t<Part>\r\n\t\t<PartNumber>1</PartNumber>\r\n\t\t<ETag>&quot;a&#34;</ETag>\r\n\t</Part>\r\n</CompleteMultipartUpload>\r\n`,
      '<s3:CompleteMultipartUpload xmlns:s3="x"><s3:Part><s3:PartNumber>1</s3:PartNumber><s3:ETag><![CDATA["a"]]></s3:ETag></s3:Part></s3:CompleteMultipartUpload>',
    ]) {
      assert.deepEqual(parseXml(text, complete), expected);
    }
  });

  it('keeps blanks and digits in text as they are', () => {
    const text =
      '<Delete><Object><Key> 007 </Key></Object><Object><Key> </Key></Object><Object><Key><![CDATA[ a&lt;<b> ]]></Key></Object></Delete>';
    assert.deepEqual(parseXml(text, { root: 'Delete', lists: ['Object'] }), {
      Object: [{ Key: ' 007 ' }, { Key: ' ' }, { Key: ' a&lt;<b> ' }],
    });
  });

  it('reads an empty root as nothing', () => {
    for (const text of ['<Delete/>', '<Delete></Delete>', '<Delete> </Delete>']) {
      assert.deepEqual(parseXml(text, { root: 'Delete' }), {});
    }
  });

  it('refuses what is malformed or is another document', () => {
    for (const text of [
      '',
      'text',
      '<Delete>',
      '<Delete></delete>',
      '<Delete/><Delete/>',
      '<Other/>',
      '<Delete>text</Delete>',
      '<Delete><Key>&unknown;</Key></Delete>',
      '<Delete><Key>&#x110000;</Key></Delete>',
      '<Delete><Key>&#xd800;</Key></Delete>',
      '<Delete><Key>a & b</Key></Delete>',
      '<!DOCTYPE Delete><Delete/>',
      '<!DOCTYPE Delete [<!ENTITY a "b">]><Delete><Key>&a;</Key></Delete>',
      `<Delete>${'<a>'.repeat(20)}${'</a>'.repeat(20)}</Delete>`,
    ]) {
      assert.throws(() => parseXml(text, { root: 'Delete' }), { name: 'S3Error', code: 'MalformedXML' }, text);
    }
  });

  it('answers garbage with MalformedXML, never with another error', () => {
    const token = fc.constantFrom(
      ...[
        '<',
        '>',
        '/',
        '</',
        '/>',
        '<?',
        '?>',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '&',
        ';',
        '&#',
        '&#x',
        'a',
        '=',
        '"',
      ],
      ...[
        '<Delete>',
        '</Delete>',
        '<Key>',
        '</Key>',
        'xmlns',
        ':',
        '__proto__',
        '<__proto__>',
        '</__proto__>',
        ' ',
        '\n',
      ],
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(token, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 20 }),
        (parts) => {
          for (const text of [parts.join(''), `<Delete>${parts.join('')}</Delete>`]) {
            try {
              assert.equal(typeof parseXml(text, { root: 'Delete' }), 'object');
            } catch (error) {
              assert.ok(error instanceof S3Error && error.code === 'MalformedXML');
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
    assert.equal(Object.hasOwn(Object.prototype, 'Key'), false);
  });
});
