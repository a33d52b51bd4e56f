export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

/** Work in progress, as a trace shows it. */
export type TraceSpan = {
  /** Ends it. `error` is a code of ours or of the other side, never a message: those may hold names of files. */
  end(result?: { attributes?: SpanAttributes; error?: string | undefined }): void;
};

/** What a span is of: a request that came in, or a call that went out. */
export type SpanStart = {
  name: string;
  kind: 'server' | 'client';
  attributes: SpanAttributes;
  /** The span that this one belongs to. */
  parent?: TraceSpan | undefined;
  /** The client's `traceparent` header, which the span goes on from. */
  traceparent?: string | undefined;
  /** Where it began earlier than now, milliseconds since 1970. */
  startedAt?: number;
};

/**
 * Tells a collector of the way that requests take. Attributes hold no names of files, no keys and no links; a project's
 * uuid is fine.
 */
export interface Tracing {
  begin(span: SpanStart): TraceSpan | undefined;
  /** Sends what is left. */
  stop(): Promise<void>;
}

export const NO_TRACING: Tracing = { begin: () => undefined, stop: async () => {} };
