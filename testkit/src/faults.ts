/** What a proxy does to one request. Sizes in bytes, times in milliseconds. */
export type Fault =
  /** Resets the client's connection once this much of the request body has passed; `anywhere` picks a seeded point. */
  | { kind: 'reset'; afterBytes: number | 'anywhere' }
  /** Stops reading the request body after this much, and never answers; the connection stays open. */
  | { kind: 'stall'; afterBytes: number }
  /** Returns in the target's place once the body has been read; the target never gets the request. */
  | { kind: 'answer'; answer: Answer }
  /** Lets the target act, then gives this answer instead of the target's. */
  | { kind: 'replace-answer'; answer: Answer }
  /** Lets the target act, then breaks the connection before any answer. */
  | { kind: 'lose-answer' }
  /** Announces the target's whole response and ends after this much of its body. */
  | { kind: 'truncate-answer'; afterBytes: number }
  /** Changes one header of the target's answer. */
  | { kind: 'rewrite-header'; name: string; value: string }
  | { kind: 'delay'; ms: number };

export type Answer = { status: number; headers?: Readonly<Record<string, string>>; body?: string };

export type ProxiedRequest = {
  method: string;
  /** Without its query. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
};

/** Which requests meet a fault, and how often. */
export type Injection = {
  fault: Fault;
  /** All requests, unless this says otherwise. */
  match?: (request: ProxiedRequest) => boolean;
  /** How many matching requests to let pass first. */
  skip?: number;
  /** How many times at most; without end by default. */
  times?: number;
  /** The share of matching requests that meet it, 0–1, drawn from the proxy's seed. */
  chance?: number;
};

const xmlError = (code: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>fault</RequestId></Error>`;

const XML = { 'Content-Type': 'application/xml' };

/** S3's refusal of a request, by its code. */
export function s3Refusal(status: number, code: string): Answer {
  return { status, headers: XML, body: xmlError(code, `Refused: ${code}.`) };
}

/** Amazon S3's way of asking for fewer requests. */
export const slowDown: Answer = {
  status: 503,
  headers: XML,
  body: xmlError('SlowDown', 'Please reduce your request rate.'),
};

export const internalError: Answer = {
  status: 500,
  headers: XML,
  body: xmlError('InternalError', 'We encountered an internal error. Please try again.'),
};

/** S3 may begin to answer a long complete with 200 and then fail in the body. */
export const errorInside200: Answer = { status: 200, headers: XML, body: internalError.body as string };

export const expiredLink: Answer = {
  status: 403,
  headers: XML,
  body: xmlError('AccessDenied', 'Request has expired'),
};

/** What Amazon S3 says of temporary credentials after their time. */
export const expiredToken: Answer = {
  status: 400,
  headers: XML,
  body: xmlError('ExpiredToken', 'The provided token has expired.'),
};

export const wrongSignature: Answer = {
  status: 403,
  headers: XML,
  body: xmlError('SignatureDoesNotMatch', 'The request signature we calculated does not match.'),
};

export function tooManyRequests(retryAfterSeconds: number): Answer {
  return {
    status: 429,
    headers: { 'Content-Type': 'application/json', 'Retry-After': String(retryAfterSeconds) },
    body: JSON.stringify({ error: { code: 'rate_limited', message: 'Too many requests.', request_id: 'fault' } }),
  };
}
