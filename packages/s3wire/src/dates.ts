/** The instant as SigV4 writes it: `20130524T000000Z`. */
export function amzDate(date: Date): string {
  const iso = date.toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** The instant that `20130524T000000Z` names; undefined where it is not such a date. */
export function parseAmzDate(text: string): Date | undefined {
  const iso = text.replace(AMZ_DATE, '$1-$2-$3T$4:$5:$6.000Z');
  const date = new Date(iso);
  // 20130231 rolls over instead of failing.
  return Number.isNaN(date.getTime()) || date.toISOString() !== iso ? undefined : date;
}

/**
 * The instant that `Fri, 24 May 2013 00:00:00 GMT` names; undefined where it is not such a date. GMT may also be
 * written `+0000` or, as mail programs do (RFC 5322), `-0000`.
 */
export function parseHttpDate(text: string): Date | undefined {
  const gmt = text.replace(/ [+-]0000$/, ' GMT');
  const date = new Date(gmt);
  return Number.isNaN(date.getTime()) || date.toUTCString() !== gmt ? undefined : date;
}

/** ISO 8601 without milliseconds, as S3's error details have it. */
export const isoSeconds = (date: Date) => date.toISOString().replace(/\.\d{3}Z$/, 'Z');
