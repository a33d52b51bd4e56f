import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { S3Error } from './errors.ts';

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

type XmlScalar = string | number | boolean | Date;
/** What an element holds. An array repeats its element; undefined leaves it out. */
export type XmlContent = {
  readonly [element: string]: XmlScalar | XmlContent | readonly (XmlScalar | XmlContent)[] | undefined;
};

/** A parsed element: text stays text; an element that appears more than once, or is declared as a list, is an array. */
export type XmlObject = { [element: string]: string | XmlObject | (string | XmlObject)[] | undefined };

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Control characters as references, as S3 writes them: a bare CR would be read back as LF. XML 1.0 knows no
 * reference to most of them, so strict readers ask for `encoding-type=url`.
 */
const escapeText = (text: string) =>
  text
    .toWellFormed()
    .replace(/[&<>"\p{Cc}\u2028\ufffe\uffff]/gu, (char) => ESCAPES[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: false,
  suppressEmptyNode: true,
  tagValueProcessor: (_name, value) => escapeText(value instanceof Date ? value.toISOString() : String(value)),
});

/**
 * An XML document in S3's namespace. `namespace: false` leaves it out, as S3 does in `<Error>`.
 */
export function buildXml(
  root: string,
  content: XmlContent,
  { namespace = true }: { namespace?: boolean } = {},
): string {
  const element = namespace ? { '@xmlns': S3_NAMESPACE, ...content } : content;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: element })}`;
}

/** The body of an error response: code, message, the error's details, then where it happened. */
export function buildErrorXml(error: S3Error, where: { resource?: string; requestId?: string } = {}): string {
  const content = {
    Code: error.code,
    Message: error.message,
    ...error.details,
    Resource: where.resource,
    RequestId: where.requestId,
  };
  return buildXml('Error', content, { namespace: false });
}

const NAMED_ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** XML's five entities and every character reference, those to control characters too. @throws on any other */
function decodeEntities(text: string): string {
  const decoded = text.replace(/&(?:#x([0-9a-f]{1,6});|#(\d{1,7});|(\w+);)?/gi, (_, hex, decimal, name) => {
    if (Object.hasOwn(NAMED_ENTITIES, name)) return NAMED_ENTITIES[name] ?? '';
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
  if (!decoded.isWellFormed()) throw new S3Error('MalformedXML');
  return decoded;
}

const entityDecoder = {
  decode: decodeEntities,
  // No DOCTYPE, so no entities but XML's own, and nothing to remember from one document to the next.
  setExternalEntities() {},
  addInputEntities() {},
  reset() {},
  setXmlVersion() {},
};

/**
 * The content of the document's root element, namespaces and attributes dropped. Elements named in `lists` are always
 * arrays.
 * @throws {S3Error} MalformedXML where the text is not XML, has another root, or declares a DOCTYPE or entities
 */
export function parseXml(text: string, { root, lists = [] }: { root: string; lists?: readonly string[] }): XmlObject {
  const parser = new XMLParser({
    removeNSPrefix: true,
    parseTagValue: false,
    trimValues: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: 16,
    entityDecoder,
    isArray: (name) => lists.includes(name),
    // Between elements there is only white space.
    tagValueProcessor: (_name, value, _path, _hasAttributes, isLeaf) => (isLeaf ? value : ''),
  });
  try {
    if (!/<!(DOCTYPE|ENTITY)/i.test(text) && XMLValidator.validate(text) === true) {
      const content = parser.parse(text)[root];
      if (typeof content === 'string' && content.trim() === '') return {};
      if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
    }
  } catch (cause) {
    throw new S3Error('MalformedXML', { cause });
  }
  throw new S3Error('MalformedXML');
}
