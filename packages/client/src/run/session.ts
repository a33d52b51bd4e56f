import type { Holdings } from '../api/remote-state.ts';
import type { Plan } from '../plan/plan.ts';
import { Pipeline } from '../schedule/pipeline.ts';
import { createRateLimit } from '../schedule/rate-limit.ts';
import { Transfers } from '../schedule/transfers.ts';
import { Gate } from '../schedule/wakeup.ts';
import { EtagTrust } from '../transfer/etags.ts';
import { Journal } from '../transfer/journal.ts';
import { Links } from '../transfer/links.ts';
import { fitToProject } from './fit-to-project.ts';
import { Ledger } from './ledger.ts';
import { ProgressTracker } from './progress.ts';
import type { Run } from './run.ts';
import type { UploadRequest } from './run-upload.ts';

/** How often progress is told and concurrency looked after, in milliseconds. */
const TICK_MS = 250;

/** Links of files are asked for so many seconds ahead of need, at the pace measured … */
const LINKS_AHEAD_SECONDS = 20;
/** … within these bounds; and so many before anything is measured. */
const FEWEST_LINKS = 16;
const MOST_LINKS = 1000;
const FIRST_LINKS = 64;

/** One run's parts, put together, and the means to end it. */
export type Session = {
  /** With the names that its files have in this project. */
  plan: Plan;
  run: Run;
  pipeline: Pipeline;
  ledger: Ledger;
  notices: () => string[];
  /** Whether multipart uploads may be open. */
  usedParts: () => boolean;
  /** Nothing further can succeed: ends what is in flight. */
  stop: (reason: unknown) => void;
  /** @throws the caller's signal's reason where that has aborted. */
  throwIfAborted: () => void;
  /** Stops what runs in the background, and keeps the journal. */
  end: () => Promise<void>;
};

export async function openSession(request: UploadRequest, holdings: Holdings): Promise<Session> {
  const { api, ports, settings, retrier, onEvent } = request;
  const { clock } = ports;
  const stop = new AbortController();
  const forward = () => stop.abort(request.signal?.reason);
  request.signal?.addEventListener('abort', forward, { once: true });

  const notices = new Set<string>();
  const notice = (message: string) => {
    if (notices.has(message)) return;
    notices.add(message);
    onEvent({ type: 'notice', message });
  };
  const journal = await Journal.open({
    memory: ports.memory,
    scope: request.scope,
    onTrouble: () => notice('The journal can not be kept: a later run will ask and read more, but lose nothing.'),
  });

  const plan = await fitToProject(request.plan, {
    stored: holdings.files,
    overwrite: settings.overwrite,
    journal,
    md5: ports.md5,
    signal: request.signal,
    onReading: (files) => onEvent({ type: 'notice', message: readingNotice(files) }),
  });

  const gate = new Gate();
  const transfers = new Transfers({ concurrency: settings.concurrency, clock, onChange: gate.changed });
  const weightOf = (bytes: number) => transfers.weightOf(bytes);
  const progress = new ProgressTracker({ onEvent, onChange: gate.changed, weightOf, clock });
  const { slots } = transfers;
  const pipeline = new Pipeline({ slots, progress, control: request.control, gate, onEvent });

  const inParts = plan.files.some(({ source }) => source.size > settings.singlePutLimit);
  const run: Run = {
    api,
    ports,
    settings,
    retrier,
    slots,
    weightOf,
    progress,
    journal,
    notice,
    signal: stop.signal,
    pace: settings.bytesPerSecond ? createRateLimit({ bytesPerSecond: settings.bytesPerSecond, clock }) : undefined,
    links: fileLinks({ ...request, plan }, { holdings, transfers, progress, signal: stop.signal }),
    trust: { put: new EtagTrust(), multipart: new EtagTrust() },
    stored: holdings.files,
    openUploads: holdings.uploads,
    retrying(about, { attempt, delayMs, error }) {
      const reason = error instanceof Error ? error.message : String(error);
      onEvent({ type: 'retrying', ...about, attempt, delayMs: Math.round(delayMs), reason });
    },
    congested: () => transfers.congested(),
  };

  const ended = new AbortController();
  const tick = async () => {
    for (;;) {
      await clock.sleep(TICK_MS, { signal: ended.signal });
      progress.sample();
      journal.save();
      transfers.observe(progress.sent);
      onEvent({ type: 'progress', progress: progress.snapshot({ active: slots.active, limit: slots.limit }) });
    }
  };
  tick().catch(() => {});

  return {
    plan,
    run,
    pipeline,
    ledger: new Ledger(progress),
    notices: () => [...notices],
    usedParts: () => inParts,
    stop: (reason) => stop.abort(reason),
    throwIfAborted: () => request.signal?.throwIfAborted(),
    async end() {
      request.signal?.removeEventListener('abort', forward);
      ended.abort();
      onEvent({ type: 'progress', progress: progress.snapshot({ active: 0, limit: slots.limit }) });
      await journal.flush();
    },
  };
}

const readingNotice = (files: number) =>
  `Reading ${files === 1 ? 'a file' : `${files.toLocaleString('en')} files`} to find out what the project holds already.`;

/** Links for the files that go up in one PUT and are not there yet, in the order they will be needed. */
function fileLinks(
  { api, plan, settings, ports }: UploadRequest,
  {
    holdings,
    transfers,
    progress,
    signal,
  }: { holdings: Holdings; transfers: Transfers; progress: ProgressTracker; signal: AbortSignal },
): Links<string> {
  const upcoming = plan.files.filter(
    ({ name, source }) => source.size <= settings.singlePutLimit && (holdings.files.get(name)?.etag ?? null) === null,
  );
  const sizes = new Map(plan.files.map(({ name, source }) => [name, source.size]));
  const meanSize = plan.bytes / Math.max(plan.files.length, 1);
  return new Links<string>({
    clock: ports.clock,
    upcoming: upcoming.map(({ name }) => name),
    ask: (names) => {
      const files = names.map((name) => ({ name, size: sizes.get(name) ?? 0 }));
      return api.uploadLinks(files, { signal });
    },
    ahead: () => {
      const rate = progress.bytesPerSecond;
      if (rate === undefined) return FIRST_LINKS;
      const files = Math.ceil((rate / Math.max(meanSize, 1)) * LINKS_AHEAD_SECONDS);
      return Math.min(Math.max(files, FEWEST_LINKS, transfers.slots.limit * 2), MOST_LINKS);
    },
  });
}
