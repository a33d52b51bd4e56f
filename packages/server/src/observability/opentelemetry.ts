import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanAttributes, SpanStart, TraceSpan, Tracing } from './tracing.ts';

export type TracingOptions = {
  /** Where a collector takes OTLP over HTTP, with its path. Headers for it come from OTEL_EXPORTER_OTLP_HEADERS. */
  url: string;
  serviceName: string;
  version: string;
};

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };
/** How long a batch of spans may take to be sent, retries included, in milliseconds. It bounds the end of the process. */
const EXPORT_TIMEOUT_MS = 3000;

/** Tracing by OpenTelemetry. Where the client says whether its trace is sampled, that holds; else it is. */
export class OpenTelemetryTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor({ url, serviceName, version }: TracingOptions) {
    const own = resourceFromAttributes({ 'service.name': serviceName, 'service.version': version });
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(own),
      sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS }) }),
      ],
    });
    this.#tracer = this.#provider.getTracer('darkslide', version);
  }

  begin({ name, kind, attributes, parent, traceparent, startedAt }: SpanStart): TraceSpan {
    const options = { kind: KINDS[kind], attributes: defined(attributes), ...(startedAt && { startTime: startedAt }) };
    return new OpenTelemetrySpan(this.#tracer.startSpan(name, options, contextOf(parent, traceparent)));
  }

  async stop(): Promise<void> {
    await this.#provider.shutdown().catch(() => {});
  }
}

class OpenTelemetrySpan implements TraceSpan {
  readonly span: Span;

  constructor(span: Span) {
    this.span = span;
  }

  end({ attributes = {}, error }: { attributes?: SpanAttributes; error?: string | undefined } = {}): void {
    this.span.setAttributes(defined(attributes));
    if (error !== undefined) this.span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}

function contextOf(parent: TraceSpan | undefined, traceparent: string | undefined) {
  if (parent instanceof OpenTelemetrySpan) return trace.setSpan(ROOT_CONTEXT, parent.span);
  const remote = traceparent === undefined ? null : parseTraceParent(traceparent);
  return remote === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...remote, isRemote: true });
}

const defined = (attributes: SpanAttributes) =>
  Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
