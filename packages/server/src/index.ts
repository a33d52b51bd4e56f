/**
 * The upload API over HTTP: projects, upload links, multipart uploads, and what has arrived. Bytes never pass through
 * it; they go by link between clients and an S3 storage.
 */
export { MAX_LINK_TTL_SECONDS } from '@darkslide/contract';
export type { DatabaseConfig } from './database/config.ts';
export { createMetrics } from './observability/create-metrics.ts';
export { createTracing } from './observability/create-tracing.ts';
export type { Metrics, MetricsExporter } from './observability/metrics.ts';
export type { MetricsAccess } from './observability/metrics-endpoint.ts';
export { exportOpenApi } from './openapi.ts';
export { type RunningServer, type ServerConfig, startServer } from './start.ts';
export type { StorageConfig } from './storage/s3/config.ts';
export { type Diagnosis, UnusableError } from './trouble/diagnosis.ts';
export { diagnoseListening } from './trouble/listening.ts';
