import { S3Error, type XmlObject } from '@darkslide/s3wire';

type XmlValue = XmlObject[string];

/** The child elements of that name; each must hold elements. @throws {S3Error} MalformedXML */
export function children(parent: XmlObject, name: string): XmlObject[] {
  return listOf(parent[name]).map((child) => {
    if (typeof child === 'string') throw new S3Error('MalformedXML');
    return child;
  });
}

/** The texts of the child elements of that name. @throws {S3Error} MalformedXML */
export function texts(parent: XmlObject, name: string): string[] {
  return listOf(parent[name]).map((child) => {
    if (typeof child !== 'string') throw new S3Error('MalformedXML');
    return child;
  });
}

/** The text of the child element of that name, undefined where there is none. @throws {S3Error} MalformedXML */
export function optionalText(parent: XmlObject, name: string): string | undefined {
  const [text, ...more] = texts(parent, name);
  if (more.length > 0) throw new S3Error('MalformedXML');
  return text;
}

/** The text of the one child element of that name. @throws {S3Error} MalformedXML */
export function requiredText(parent: XmlObject, name: string): string {
  const text = optionalText(parent, name);
  if (text === undefined) throw new S3Error('MalformedXML');
  return text;
}

function listOf(value: XmlValue): (string | XmlObject)[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
