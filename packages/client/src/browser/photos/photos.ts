/// <reference lib="dom" />
import type { PickedFile } from '../blob-source.ts';
import { type FromPhotos, type GroupChanges, PHOTOS_WORKER, type Preview, type ToPhotos } from './messages.ts';
import { Previews } from './previews.ts';

export type PhotoListener = {
  /** Called with a few of the changes at a time. */
  groups(changes: GroupChanges): void;
  /** @param photos how many there are; undefined where they are not read. */
  state(state: { isReading: boolean; photos: number | undefined }): void;
  /** A preview has come. */
  preview(): void;
};

/**
 * Knows the photos of a page: reads their heads in a worker of their own, says which belong together, and makes
 * previews. Without such a worker it knows nothing, and says nothing.
 */
export class Photos {
  readonly #listener: PhotoListener;
  /** The engine's worker. Undefined where there is none, and after the end. */
  #workerUrl: string | URL | undefined;
  /** Started for the first photos, so that a page without any loads no reader. */
  #worker: Worker | undefined;
  readonly #previews = new Previews((path, width) => this.#post({ kind: 'preview', path, width }));
  /** Messages for a worker that has not started yet. */
  #early: ToPhotos[] | undefined = [];

  constructor(workerUrl: string | URL | undefined, listener: PhotoListener) {
    this.#workerUrl = workerUrl;
    this.#listener = listener;
  }

  add(files: readonly PickedFile[]): void {
    if (files.length === 0) return;
    this.#worker ??= this.#start();
    if (this.#worker) this.#post({ kind: 'add', files });
  }

  preview(path: string): Preview | undefined {
    return this.#previews.get(path);
  }

  /** Says which photos are in sight, and how wide, in pixels, a preview is shown. */
  want(paths: readonly string[], width: number): void {
    if (this.#worker) this.#previews.want(paths, width);
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#workerUrl = undefined;
    this.#early = undefined;
    this.#previews.close();
  }

  /** Undefined where the page may not start it. */
  #start(): Worker | undefined {
    if (this.#workerUrl === undefined) return undefined;
    try {
      const worker = new Worker(this.#workerUrl, { type: 'module', name: PHOTOS_WORKER });
      worker.onmessage = ({ data }: MessageEvent<FromPhotos>) => this.#receive(data);
      worker.onerror = () => this.close();
      return worker;
    } catch {
      return undefined;
    }
  }

  #post(message: ToPhotos): void {
    if (this.#early) this.#early.push(message);
    else this.#worker?.postMessage(message);
  }

  #receive(message: FromPhotos): void {
    if (message.kind === 'groups') this.#listener.groups(message.changes);
    else if (message.kind === 'state') this.#listener.state(message);
    else if (message.kind === 'preview') {
      this.#previews.take(message.path, message.preview);
      if (message.preview) this.#listener.preview();
    } else {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const one of early) this.#post(one);
    }
  }
}
