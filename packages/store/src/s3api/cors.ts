import type { Bucket } from '../model.ts';
import type { CorsRule } from '../options.ts';

/** The rules that hold for a bucket: its own, or those of the configuration. */
export function rulesOf(bucket: Bucket, defaults: CorsRule[]): CorsRule[] {
  return bucket.cors === undefined ? defaults : (JSON.parse(bucket.cors) as CorsRule[]);
}

/**
 * What a page of `origin` may read of the response, as headers: by the first rule that allows origin and method and,
 * in a preflight, the headers that the page wants to send. Undefined where none does.
 */
export function corsHeaders(
  rules: CorsRule[],
  asked: { origin: string; method: string; headers?: string[] },
): Record<string, string> | undefined {
  const rule = rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((pattern) => matches(pattern, asked.origin)) &&
      allowedMethods.includes(asked.method) &&
      (asked.headers ?? []).every((name) =>
        allowedHeaders.some((pattern) => matches(pattern.toLowerCase(), name.toLowerCase())),
      ),
  );
  if (rule === undefined) return undefined;
  const anyone = rule.allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': anyone ? '*' : asked.origin,
    ...(!anyone && { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-methods': rule.allowedMethods.join(', '),
    ...(rule.exposeHeaders.length > 0 && { 'access-control-expose-headers': rule.exposeHeaders.join(', ') }),
    ...(asked.headers !== undefined && preflightHeaders(rule, asked.headers)),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function preflightHeaders(rule: CorsRule, headers: string[]): Record<string, string> {
  return {
    ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
}

/** `*` in the pattern matches any text; it may appear once. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const before = pattern.slice(0, star);
  const after = pattern.slice(star + 1);
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
