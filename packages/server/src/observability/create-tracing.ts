import type { TracingOptions } from './opentelemetry.ts';
import type { Tracing } from './tracing.ts';

/** Loads OpenTelemetry: 18 MB that only servers with a collector pay for. */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const { OpenTelemetryTracing } = await import('./opentelemetry.ts');
  return new OpenTelemetryTracing(options);
}
