import type { ProjectApi } from '../api/project-api.ts';
import { storedFiles } from '../api/remote-state.ts';
import { ProtocolError } from '../base/errors.ts';
import type { Ports, Sink } from '../base/ports.ts';
import type { Retrier } from '../base/retry.ts';
import type { RunEvent } from '../run/events.ts';
import { createNotices } from '../run/notices.ts';
import { ProgressTracker } from '../run/progress.ts';
import { startTicks } from '../run/ticks.ts';
import { Pipeline } from '../schedule/pipeline.ts';
import { type Concurrency, Transfers } from '../schedule/transfers.ts';
import { Wakeup } from '../schedule/wakeup.ts';
import { unfetched } from './download-errors.ts';
import type { Downloader, FileToFetch } from './downloader.ts';
import { fetchFile } from './fetch-file.ts';
import { allFacts, knownFacts } from './photo-facts.ts';
import { type DownloadResult, type DownloadSummary, summarizeDownload } from './results.ts';
import { ToFetch } from './to-fetch.ts';

/** How long a followed project rests between two looks. */
const FOLLOW_MS = 3000;

export type DownloadEvent = RunEvent<DownloadResult>;

export type DownloadRequest = {
  api: ProjectApi;
  ports: Ports;
  sink: Sink;
  folder: string;
  retrier: Retrier;
  concurrency: Concurrency;
  overwrite: boolean;
  bySet: boolean;
  /** Go on until the signal aborts. */
  follow: boolean;
  signal?: AbortSignal | undefined;
  onEvent: (event: DownloadEvent) => void;
};

/**
 * Fetches every uploaded file of a project, and returns the result of each. A run that follows ends by its signal, with
 * the results so far.
 * @throws what makes the whole run pointless before it begins, or the signal's reason.
 */
export async function runDownload(request: DownloadRequest): Promise<DownloadSummary> {
  const { api, ports, follow, folder, signal } = request;
  const { clock } = ports;
  signal?.throwIfAborted();
  const began = clock.now();
  const run = openRun(request);
  try {
    await fetchAll(request, run).catch((error) => {
      if (!(follow && signal?.aborted)) throw error;
    });
    return summarizeDownload(run.toFetch.results(), {
      ...{ projectUuid: api.projectUuid, folder, bytes: run.downloader.progress.sent },
      ...{ seconds: (clock.now() - began) / 1000, notices: run.notices() },
    });
  } finally {
    run.end();
  }
}

type Run = {
  downloader: Downloader;
  pipeline: Pipeline<FileToFetch>;
  toFetch: ToFetch;
  notices: () => string[];
  /** Nothing further can succeed: aborts what is in progress. */
  stop: (reason: unknown) => void;
  end: () => void;
};

function openRun({ api, ports, sink, retrier, concurrency, overwrite, signal, onEvent }: DownloadRequest): Run {
  const { clock, transport, md5 } = ports;
  const stop = new AbortController();
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  const wakeup = new Wakeup();
  const transfers = new Transfers({ concurrency, clock, onChange: wakeup.wake });
  const weightOf = (bytes: number) => transfers.weightOf(bytes);
  const progress = new ProgressTracker<DownloadResult>({ onEvent, onChange: wakeup.wake, weightOf, clock });
  const { permits } = transfers;
  const pipeline = new Pipeline<FileToFetch>({ permits, busy: () => progress.busy, wakeup, onPause: () => {} });
  const { notice, notices } = createNotices(onEvent);
  const report = (active: number) =>
    onEvent({ type: 'progress', progress: progress.snapshot({ active, limit: permits.limit }) });
  const endTicks = startTicks(clock, () => {
    progress.sample();
    transfers.observe(progress.sent);
    report(permits.active);
  });
  return {
    downloader: {
      ...{ api, transport, md5, sink, retrier, transfers, progress, overwrite, notice, signal: stop.signal },
      onRetry(name, { attempt, delayMs, error }) {
        const reason = error instanceof Error ? error.message : String(error);
        onEvent({ type: 'retrying', name, part: null, attempt, delayMs: Math.round(delayMs), reason });
      },
    },
    pipeline,
    toFetch: new ToFetch({ sink, progress }),
    notices,
    stop: (reason) => stop.abort(reason),
    end() {
      signal?.removeEventListener('abort', forward);
      endTicks();
      report(0);
    },
  };
}

async function fetchAll(request: DownloadRequest, run: Run): Promise<void> {
  const { api, follow, bySet, onEvent, ports } = request;
  const { downloader, toFetch } = run;
  const { signal } = downloader;
  const options = { api, clock: ports.clock, signal };
  for (let isFirst = true; ; isFirst = false) {
    const stored = await storedFiles(api, signal);
    if (!stored) throw new ProtocolError('This server cannot list files, so nothing can be downloaded.');
    const news = toFetch.newOf(stored.values());
    if (isFirst || news.length > 0) {
      const facts = bySet ? await allFacts(options) : await knownFacts(options);
      const files = toFetch.take(news, { facts, bySet });
      const bytes = files.reduce((sum, { source }) => sum + source.size, 0);
      onEvent({ type: 'planned', projectUuid: api.projectUuid, files: files.length, bytes, resumed: false });
      const pending = [...stored.values()].filter(({ status }) => status === 'pending').length;
      if (!follow && pending > 0) downloader.notice(notArrived(pending));
      await fetchEach(run, files, request.signal);
    }
    if (!follow || signal.aborted) return;
    await ports.clock.sleep(FOLLOW_MS, { signal });
  }
}

/** Where an error makes continuing pointless, the files without a result fail with that error. */
async function fetchEach(
  { downloader, pipeline, toFetch, stop }: Run,
  files: readonly FileToFetch[],
  asked: AbortSignal | undefined,
): Promise<void> {
  const { progress, signal } = downloader;
  const work = async (file: FileToFetch) => {
    progress.start(file);
    try {
      toFetch.record(file, await fetchFile(downloader, file));
    } catch (error) {
      if (!signal.aborted) stop(error);
      throw error;
    }
  };
  try {
    await pipeline.run(files, work, { signal });
  } catch {
    asked?.throwIfAborted();
    for (const file of files) if (!toFetch.has(file)) toFetch.record(file, unfetched(file, signal.reason));
  }
}

const notArrived = (files: number) =>
  `${files === 1 ? 'A file has' : `${files.toLocaleString('en')} files have`} not arrived yet, and cannot be fetched. Run the same command later, or use --follow.`;
