import { EMPTY_REMOTE_STATE, type RemoteState, readRemoteState } from '../api/remote-state.ts';
import type { Plan, PlannedFile } from '../plan/plan.ts';
import { Pipeline } from '../schedule/pipeline.ts';
import { createRateLimit } from '../schedule/rate-limit.ts';
import { Transfers } from '../schedule/transfers.ts';
import { Wakeup } from '../schedule/wakeup.ts';
import type { Destination } from '../transfer/destination.ts';
import { EtagTrust } from '../transfer/etags.ts';
import { Journal } from '../transfer/journal.ts';
import { Links } from '../transfer/links.ts';
import type { Sender } from '../transfer/send-range.ts';
import type { FileUploader } from '../transfer/upload-file.ts';
import { fitToProject } from './fit-to-project.ts';
import { Ledger } from './ledger.ts';
import { createNotices } from './notices.ts';
import { ProgressTracker } from './progress.ts';
import { startTicks } from './ticks.ts';
import type { UploadRequest } from './upload-request.ts';

/** Links of files are requested this far ahead of need, at the rate measured. */
const LINKS_AHEAD_SECONDS = 20;
/** At least and at most this many links are requested ahead. */
const MIN_LINKS_AHEAD = 16;
const MAX_LINKS_AHEAD = 1000;
/** The number of links requested ahead before a rate was measured. */
const FIRST_LINKS_AHEAD = 64;

/** One run: what its files share, and how it ends. */
export type Session = {
  /** With the names that its files have in this project. */
  plan: Plan;
  uploader: FileUploader;
  pipeline: Pipeline<PlannedFile>;
  ledger: Ledger;
  progress: ProgressTracker;
  /** The notices so far. */
  notices: () => string[];
  /** Whether multipart uploads may be open. */
  usedParts: boolean;
  /** Nothing further can succeed: aborts what is in progress. */
  stop: (reason: unknown) => void;
  /** @throws the reason of the caller's signal where it has aborted. */
  throwIfAborted: () => void;
  /** Ends the work in the background, and writes the journal. */
  end: () => Promise<void>;
};

export async function openSession(request: UploadRequest): Promise<Session> {
  const { api, ports, settings, onEvent } = request;
  const remote = request.isNew ? EMPTY_REMOTE_STATE : await readRemoteState(api, request.signal);
  const stop = new AbortController();
  const forward = () => stop.abort(request.signal?.reason);
  request.signal?.addEventListener('abort', forward, { once: true });

  const { notice, notices } = createNotices(request.onEvent);
  const journal = await Journal.open({
    memory: ports.memory,
    scope: request.scope,
    onError: () => notice('Could not write the resume journal. Later runs will be slower; nothing is lost.'),
  });
  const plan = await fitToProject(request.plan, {
    stored: remote.files,
    overwrite: settings.overwrite,
    journal,
    md5: ports.md5,
    signal: request.signal,
    onReading: (files) => onEvent({ type: 'notice', message: readingNotice(files) }),
  });

  const { transfers, progress, pipeline } = createSchedule(request);
  const destination: Destination = { api, remote, journal, md5: ports.md5, multipartTrust: new EtagTrust() };
  const uploader: FileUploader = {
    sender: createSender(request, { transfers, progress }),
    destination,
    signal: stop.signal,
    links: fileLinks({ ...request, plan }, { remote, transfers, progress, signal: stop.signal }),
    singlePutMaxBytes: settings.singlePutMaxBytes,
    overwrite: settings.overwrite,
    notice,
  };
  const report = (active: number) =>
    onEvent({ type: 'progress', progress: progress.snapshot({ active, limit: transfers.permits.limit }) });
  const endTicks = startTicks(ports.clock, () => {
    progress.sample();
    journal.save();
    transfers.observe(progress.sent);
    report(transfers.permits.active);
  });
  return {
    plan,
    uploader,
    pipeline,
    ledger: new Ledger(progress),
    progress,
    notices,
    usedParts: plan.files.some(({ source }) => source.size > settings.singlePutMaxBytes),
    stop: (reason) => stop.abort(reason),
    throwIfAborted: () => request.signal?.throwIfAborted(),
    async end() {
      request.signal?.removeEventListener('abort', forward);
      endTicks();
      report(0);
      await journal.flush();
    },
  };
}

function createSchedule({ settings, control, ports: { clock }, onEvent }: UploadRequest) {
  const wakeup = new Wakeup();
  const transfers = new Transfers({ concurrency: settings.concurrency, clock, onChange: wakeup.wake });
  const weightOf = (bytes: number) => transfers.weightOf(bytes);
  const progress = new ProgressTracker({ onEvent, onChange: wakeup.wake, weightOf, clock });
  const pipeline = new Pipeline<PlannedFile>({
    permits: transfers.permits,
    busy: () => progress.busy,
    control,
    wakeup,
    onPause: (paused) => onEvent({ type: paused ? 'paused' : 'resumed' }),
  });
  return { transfers, progress, pipeline };
}

function createSender(
  { ports: { transport, clock }, settings, retrier, onEvent }: UploadRequest,
  { transfers, progress }: { transfers: Transfers; progress: ProgressTracker },
): Sender {
  const { bytesPerSecond, stallMs, responseMs } = settings;
  return {
    transport,
    clock,
    timeouts: { stallMs, responseMs },
    retrier,
    transfers,
    pace: bytesPerSecond ? createRateLimit({ bytesPerSecond, clock }) : undefined,
    progress,
    trust: new EtagTrust(),
    onRetry(subject, { attempt, delayMs, error }) {
      const reason = error instanceof Error ? error.message : String(error);
      onEvent({ type: 'retrying', ...subject, attempt, delayMs: Math.round(delayMs), reason });
    },
  };
}

const readingNotice = (files: number) =>
  `Reading ${files === 1 ? 'a file' : `${files.toLocaleString('en')} files`} to compare with what the project contains.`;

/** Links of the files that are sent in one PUT and are not uploaded yet, in the order they will be needed. */
function fileLinks(
  { api, plan, settings, ports }: UploadRequest,
  {
    remote,
    transfers,
    progress,
    signal,
  }: { remote: RemoteState; transfers: Transfers; progress: ProgressTracker; signal: AbortSignal },
): Links<string> {
  const upcoming = plan.files.filter(
    ({ name, source }) => source.size <= settings.singlePutMaxBytes && remote.files.get(name)?.status !== 'uploaded',
  );
  const sizes = new Map(plan.files.map(({ name, source }) => [name, source.size]));
  const meanSize = plan.bytes / Math.max(plan.files.length, 1);
  return new Links<string>({
    clock: ports.clock,
    upcoming: upcoming.map(({ name }) => name),
    request: (names) => {
      const files = names.map((name) => ({ name, size: sizes.get(name) ?? 0 }));
      return api.uploadLinks(files, { signal });
    },
    ahead: () => {
      const rate = progress.bytesPerSecond;
      if (rate === undefined) return FIRST_LINKS_AHEAD;
      const files = Math.ceil((rate / Math.max(meanSize, 1)) * LINKS_AHEAD_SECONDS);
      return Math.min(Math.max(files, MIN_LINKS_AHEAD, transfers.permits.limit * 2), MAX_LINKS_AHEAD);
    },
  });
}
