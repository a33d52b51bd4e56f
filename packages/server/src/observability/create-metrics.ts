import type { MetricsExporter } from './metrics.ts';

/** Loads what counts for Prometheus: 15 MB that only servers with metrics pay for. */
export async function createMetrics(options: { version: string }): Promise<MetricsExporter> {
  const { createPrometheus } = await import('./prometheus.ts');
  return createPrometheus(options);
}
