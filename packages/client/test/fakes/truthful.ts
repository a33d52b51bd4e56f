import assert from 'node:assert/strict';
import type { UploadSummary } from '../../src/base/results.ts';
import type { Harness } from './harness.ts';
import type { MemoryFile } from './memory-source.ts';

/**
 * What must hold after every run that ended: every file that the summary calls uploaded or skipped is in storage, byte
 * for byte, and no multipart upload is left open but for files that failed.
 */
export function assertTruthful({ cloud }: Harness, files: readonly MemoryFile[], summary: UploadSummary): void {
  assert.equal(summary.total, summary.successful + summary.failed + summary.skipped);
  assert.equal(summary.results.length, summary.total);
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const result of summary.results) {
    if (result.status === 'failed') continue;
    const stored = cloud.project.files.get(result.name);
    assert.ok(stored, `${result.name} is in storage`);
    const local = byPath.get(result.path);
    assert.ok(local && Buffer.compare(stored.bytes, local.bytes) === 0, `${result.name} is the same in storage`);
  }
  const failed = new Set(summary.results.filter(({ status }) => status === 'failed').map(({ name }) => name));
  const open = new Set(cloud.openUploads.map(({ name }) => name));
  assert.deepEqual(open.difference(failed), new Set());
}

/** Name and reason of every file that failed. */
export const reasonsOf = ({ results }: UploadSummary): [string, string][] =>
  results.flatMap((result) => (result.status === 'failed' ? [[result.name, result.reason] as [string, string]] : []));

export const sizesOf = (files: readonly MemoryFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes.length, 0);
