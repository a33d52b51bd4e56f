/**
 * Whether a name is one of those that an upload token is for. An asterisk stands for any characters, or none;
 * everything else for itself. Both sides are in NFC, so that the spellings of one name are one.
 */
export function isAllowedName(name: string, allowed: readonly string[]): boolean {
  return allowed.some((pattern) => matches(name, pattern.split('*')));
}

/** Time grows with the name's length times the pattern's, whatever they are: each piece is sought once. */
function matches(name: string, pieces: readonly string[]): boolean {
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
