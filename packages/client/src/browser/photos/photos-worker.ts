/// <reference lib="dom" />
/** What the worker does that reads photos: a part of the engine's script that is loaded in this worker only. */
import { decodePreview } from './decode-preview.ts';
import { Heads } from './heads.ts';
import type { FromPhotos, Preview, ToPhotos } from './messages.ts';

const page = globalThis as unknown as {
  postMessage(message: FromPhotos, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToPhotos>) => void) | null;
};

/** At most this many groups go to the page in one message, so that it stays quick. */
const MESSAGE_GROUPS = 200;
/** Between two groupings. */
const MIN_PAUSE_MS = 200;
/** How much longer than the last grouping the next one is away: while files come in, and after the last. */
const PAUSE_FACTOR = { reading: 10, read: 2 };

let timer: ReturnType<typeof setTimeout> | undefined;
let lastMs = 0;

const heads = new Heads(() => {
  if (!heads.isReading) clearTimeout(timer);
  if (!heads.isReading || timer === undefined) groupLater();
});
const loading = import('./groups.ts').then(({ Groups }) => new Groups());
loading.catch(() => {});

function groupLater(): void {
  const factor = heads.isReading ? PAUSE_FACTOR.reading : PAUSE_FACTOR.read;
  timer = setTimeout(() => void group().catch(() => {}), Math.max(MIN_PAUSE_MS, factor * lastMs));
}

async function group(): Promise<void> {
  const groups = await loading;
  timer = undefined;
  const { isOff, isReading } = heads;
  const begin = performance.now();
  const { changed, gone, photos } = groups.update(isOff ? [] : heads.files());
  lastMs = performance.now() - begin;
  page.postMessage({ kind: 'groups', changes: { changed: [], gone } });
  for (let at = 0; at < changed.length; at += MESSAGE_GROUPS) {
    page.postMessage({ kind: 'groups', changes: { changed: changed.slice(at, at + MESSAGE_GROUPS), gone: [] } });
  }
  page.postMessage({ kind: 'state', isReading, photos: isOff ? undefined : photos });
}

async function previewOf(path: string, width: number): Promise<Preview | undefined> {
  const read = await heads.read(path);
  return read && decodePreview(read.file, read.facts, width);
}

async function sendPreview(path: string, width: number): Promise<void> {
  const preview = await previewOf(path, width).catch(() => undefined);
  page.postMessage({ kind: 'preview', path, preview }, preview ? [preview.bitmap] : []);
}

page.onmessage = ({ data }) => {
  if (data.kind === 'add') heads.add(data.files);
  else void sendPreview(data.path, data.width);
};
page.postMessage({ kind: 'ready' });
