import { type Bytes, text } from './bytes.ts';
import type { Tags } from './tags.ts';

/** Properties that tell which photo this belongs to, came from, or stands for. */
const PROPERTIES: Record<string, string> = {
  'crs:RawFileName': 'XMP:RawFileName',
  'xmpMM:PreservedFileName': 'XMP:PreservedFileName',
  'xmp:CreatorTool': 'XMP:CreatorTool',
  'photoshop:SidecarForExtension': 'XMP:SidecarForExtension',
  'aux:SerialNumber': 'XMP:SerialNumber',
  'exifEX:BodySerialNumber': 'XMP:SerialNumber',
  'GCamera:BurstID': 'XMP:BurstID',
};

/** Of a packet, in bytes: what is looked for comes before histories and lists of corrections. */
const MAX_XMP_BYTES = 64 * 1024;
const MAX_VALUE = 300;

/**
 * Looks for a few properties, as attributes or as elements. A search by text, not a parser: it has to live with packets
 * that were cut, and can't loop.
 */
export function readXmp(bytes: Bytes, at: number, length: number, tags: Tags): void {
  const packet = text(bytes.slice(at, Math.max(0, Math.min(length, MAX_XMP_BYTES, bytes.size - at))));
  for (const [property, name] of Object.entries(PROPERTIES)) tags.set(name, propertyOf(packet, property));
}

function propertyOf(packet: string, property: string): string | undefined {
  for (let at = packet.indexOf(property); at >= 0; at = packet.indexOf(property, at + 1)) {
    const after = packet.slice(at + property.length, at + property.length + MAX_VALUE);
    const found = /^\s*=\s*"([^"<]*)"|^\s*=\s*'([^'<]*)'|^[^<>]*>([^<]+)</.exec(after);
    const value = (found?.[1] ?? found?.[2] ?? found?.[3])?.trim();
    if (value) return unescaped(value);
  }
  return undefined;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (value: string) => value.replace(/&(amp|lt|gt|quot|apos);/g, (_, name) => ENTITIES[name] as string);
