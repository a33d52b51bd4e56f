/// <reference lib="dom" />
/** The script of the engine's worker. */
import { Engine } from './engine.ts';
import { PHOTOS_WORKER } from './photos/messages.ts';
import { type FromEngine, plainError, type ToEngine } from './worker-messages.ts';

const page = globalThis as unknown as {
  name: string;
  postMessage(message: FromEngine): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
};

let engine: Engine | undefined;

/** The same script is that of the worker that reads photos, which loads what it needs. */
if (page.name === PHOTOS_WORKER) void import('./photos/photos-worker.ts');
else page.onmessage = take;

function take({ data }: MessageEvent<ToEngine>): void {
  if (data.kind === 'open') {
    engine = new Engine(data.options, (batch) => page.postMessage({ kind: 'events', batch }));
    page.postMessage({ kind: 'ready' });
  } else if (data.kind === 'add') {
    engine?.add(data.files);
    page.postMessage({ kind: 'added', files: data.files });
  } else if (data.kind === 'start') {
    engine?.start().then(
      (summary) => page.postMessage({ kind: 'summary', summary }),
      (error) => page.postMessage({ kind: 'error', error: plainError(error) }),
    );
  } else if (data.kind === 'manifest') {
    engine?.manifest().then(
      (entries) => page.postMessage({ kind: 'manifest', entries }),
      (error) => page.postMessage({ kind: 'no-manifest', error: plainError(error) }),
    );
  } else engine?.[data.kind]();
}
