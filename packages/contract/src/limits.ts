/** S3's limits and ours. Sizes in bytes. Source of the S3 figures: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */

/** Every part but the last has at least this size. */
export const MIN_PART_SIZE = 5 * 1024 * 1024;
/** No part, and no single PUT, is larger. */
export const MAX_PART_SIZE = 5 * 1024 ** 3;
/** Part numbers are 1 to this. */
export const MAX_PART_COUNT = 10_000;
/** Names in one request for upload links. */
export const MAX_NAMES_PER_REQUEST = 10_000;
/** A file name, in bytes of UTF-8 after NFC. */
export const MAX_FILE_NAME_BYTES = 255;
/** A project name, in UTF-16 code units, as JSON Schema counts. */
export const MAX_PROJECT_NAME_LENGTH = 255;
/** A request body, in a call that takes no list. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Bytes for one entry of a list: a name of 255 bytes with its MD5 and size fits, even if its letters are \\uXXXX. */
const NAME_ENTRY_BYTES = 1024;
/** In a list, a part number in lines of its own, indented. */
const NUMBER_ENTRY_BYTES = 32;
/** JSON values in a request body: 10,000 entries of a list may have a dozen unknown fields each. */
export const MAX_BODY_VALUES = 200_000;
/** SigV4 allows no longer life for a link, in seconds. */
export const MAX_LINK_TTL_SECONDS = 7 * 24 * 60 * 60;
/** Entries on one page of files or uploads. */
export const MAX_PAGE_SIZE = 1000;
/** Events on one page. */
export const MAX_EVENTS_PER_PAGE = 100;
/** Files that one event names; more arrive as several events. */
export const MAX_FILES_PER_EVENT = 100;
/** Names and patterns that one upload token allows. */
export const MAX_ALLOWED_NAMES = 1000;
/** The title of an upload token, in UTF-16 code units. */
export const MAX_TOKEN_TITLE_LENGTH = 255;
/** Files that one upload token can be limited to. */
export const MAX_TOKEN_FILES = 1_000_000;
/** What a PUT by the link of an upload token sends along, and the link signs: storage then replaces no file. */
export const IF_ABSENT = { 'if-none-match': '*' } as const;
/** What every upload token begins with. */
export const UPLOAD_TOKEN_PREFIX = 'dst_';
/** The life of an upload token, in seconds. */
export const TOKEN_SECONDS = { min: 1, max: MAX_LINK_TTL_SECONDS, default: 3600 } as const;
/** Largest request body, in calls that take a list of at most this many entries. */
export const LIST_BODY_BYTES = {
  names: MAX_BODY_BYTES + MAX_NAMES_PER_REQUEST * NAME_ENTRY_BYTES,
  allowedNames: MAX_BODY_BYTES + MAX_ALLOWED_NAMES * NAME_ENTRY_BYTES,
  partNumbers: MAX_BODY_BYTES + MAX_PART_COUNT * NUMBER_ENTRY_BYTES,
} as const;
