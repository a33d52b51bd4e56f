/** Groups the photos of projects into shots and sets, beside the thread that responds to requests. */
import { parentPort } from 'node:worker_threads';
import { groupShoot, type ShootFile } from '@darkslide/photo';
import type { GroupingRequest, GroupingResponse } from './grouping.ts';
import { type PagedShoot, paged, pageOf } from './shoot-pages.ts';

/** Shoots that are kept. */
const MAX_KEPT = 4;

const kept = new Map<string, PagedShoot>();
const arriving = new Map<string, ShootFile[]>();

function handle(request: GroupingRequest): GroupingResponse['result'] {
  const { key } = request;
  if (request.kind === 'add') {
    const files = arriving.get(key) ?? [];
    for (const { name, size, facts } of request.rows) files.push({ path: name, size, facts: JSON.parse(facts) });
    arriving.set(key, files);
    return undefined;
  }
  if (request.kind === 'drop') {
    arriving.delete(key);
    return undefined;
  }
  if (request.kind === 'group') {
    kept.delete(key);
    kept.set(key, paged(groupShoot(arriving.get(key) ?? [])));
    arriving.delete(key);
    for (const oldest of [...kept.keys()].slice(0, -MAX_KEPT)) kept.delete(oldest);
    return undefined;
  }
  const found = kept.get(key);
  return found && pageOf(found, request);
}

parentPort?.on('message', (request: GroupingRequest) => {
  const response: GroupingResponse = { id: request.id };
  try {
    response.result = handle(request);
  } catch (error) {
    arriving.delete(request.key);
    response.error = String((error as Error).stack);
  }
  parentPort?.postMessage(response);
});
