const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;

/**
 * Whether a JSON text has more values than `limit`, counted without parsing it: a value follows each comma and each
 * opening bracket. Memory and time of a parse grow with this number, and of a text of one size by a factor of fifty.
 */
export function hasMoreValuesThan(json: Uint8Array, limit: number): boolean {
  // No text has more values than bytes.
  if (json.length <= limit) return false;
  let count = 0;
  for (let at = 0; at < json.length && count <= limit; at++) {
    const byte = json[at];
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) count++;
  }
  return count > limit;
}

/** The index of the quote that closes the string which opens at `start`. */
function endOfString(json: Uint8Array, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    if (json[at] === BACKSLASH) at++;
    else if (json[at] === QUOTE) return at;
  }
  return json.length;
}
