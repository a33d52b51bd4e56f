/**
 * What users of the package may write, and what they may not: compiled by `npm run check`, never run. An
 * `@ts-expect-error` that meets no error is one itself.
 */
import {
  AuthenticationError,
  type ClientOptions,
  ConfigurationError,
  createClient,
  DuplicateNamesError,
  type FailureReason,
  type FileResult,
  type ManifestEntry,
  manifestOf,
  type NodeClient,
  type Plan,
  RefusedError,
  type stateFolder,
  UploadControl,
  type UploadEvent,
  type UploadOptions,
  type UploadSummary,
  type Verdict,
  type VerifyReport,
} from '../src/index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_A, _B>(_: Same<_A, _B>): void => {};
declare function given<T>(): T;

const client = createClient({ url: 'https://uploads.example.com', apiKey: 'key' });
same<typeof client, NodeClient>(true);

export async function calls(): Promise<void> {
  const { projectUuid, results } = await client.upload({ project: 'Smith wedding', paths: ['/card1'] });
  same<typeof projectUuid, string | null>(true);
  same<typeof results, readonly FileResult[]>(true);
  await client.upload({
    project: { uuid: 'u' },
    paths: ['/card1', '/card2/*.NEF'],
    flow: 'smart-editing',
    all: true,
    duplicates: 'rename',
    overwrite: true,
    concurrency: 4,
    bytesPerSecond: 20_000_000,
    multipartAbove: 8_000_000,
    retry: { attempts: 3 },
    signal: AbortSignal.timeout(1000),
    control: new UploadControl(),
    onEvent: (event) => same<typeof event, UploadEvent>(true),
  });

  const plan: Plan = await client.plan({ paths: ['/card1'], duplicates: 'error' });
  const summary: UploadSummary = await client.uploadPlan(plan, { project: 'Smith wedding' });
  const manifest: ManifestEntry[] = await manifestOf(plan, summary);
  same<(typeof manifest)[0]['uploadedAt'], string | null>(true);
  const report: VerifyReport = await client.verifyPlan(plan, { projectUuid: 'u' });
  same<typeof report.verdicts, Verdict[]>(true);
  same<Awaited<ReturnType<typeof client.findProject>>, string | undefined>(true);
  for await (const { numberOfImages } of client.projects('smart-editing').list()) {
    same<typeof numberOfImages, number>(true);
  }
  same<ReturnType<typeof client.close>, void>(true);
  same<ReturnType<typeof stateFolder>, string | undefined>(true);
}

export async function misuse(): Promise<void> {
  // @ts-expect-error a client needs a key
  createClient({ url: 'https://uploads.example.com' });
  // @ts-expect-error a project has to be named
  await client.upload({ paths: ['/card1'] });
  // @ts-expect-error something has to be sent
  await client.upload({ project: 'Smith wedding' });
  // @ts-expect-error there are two families
  await client.upload({ project: 'Smith wedding', paths: [], flow: 'fast' });
  // @ts-expect-error files of one name are refused or renamed, never dropped
  await client.upload({ project: 'Smith wedding', paths: [], duplicates: 'drop' });
  // @ts-expect-error a number of transfers, not a word
  await client.upload({ project: 'Smith wedding', paths: [], concurrency: 'many' });
  // @ts-expect-error not an option: a typing error must not go unseen
  await client.upload({ project: 'Smith wedding', paths: [], bandwidth: 1 });
  // @ts-expect-error the key can't be read back
  client.apiKey;
  // @ts-expect-error what was found can't be changed
  (await client.plan({ paths: [] })).files.push(given());
  // @ts-expect-error results can't be changed
  (await client.upload({ project: 'p', paths: [] })).results.pop();
}

/** Events are a closed union: a new one shows here, as in every program that handles all of them. */
export function everyEvent(event: UploadEvent): string {
  switch (event.type) {
    case 'planned':
      same<typeof event.projectUuid, string | null>(true);
      return `${event.files} files, ${event.bytes} bytes, ${event.resumed}`;
    case 'file-started':
      return `${event.name} ${event.path} ${event.size}`;
    case 'file-finished':
      return everyResult(event.result);
    case 'retrying':
      same<typeof event.name, string | null>(true);
      same<typeof event.part, number | null>(true);
      return `${event.attempt} ${event.delayMs} ${event.reason}`;
    case 'progress':
      same<typeof event.progress.bytesPerSecond, number | null>(true);
      same<typeof event.progress.secondsLeft, number | null>(true);
      return `${event.progress.files.total} ${event.progress.bytes.done} ${event.progress.inFlight.length}`;
    case 'notice':
      return event.message;
    case 'confirming':
    case 'paused':
    case 'resumed':
      return event.type;
    default:
      return event satisfies never;
  }
}

export function everyResult(result: FileResult): string {
  switch (result.status) {
    case 'uploaded':
      same<typeof result.md5, string | null>(true);
      return `${result.etag} ${result.uploadedAt} ${result.proof}`;
    case 'skipped':
      same<typeof result.reason, 'already-there' | 'copy'>(true);
      return result.reason;
    case 'failed':
      // @ts-expect-error a file that failed has no etag
      result.etag;
      return everyReason(result.reason);
    default:
      return result satisfies never;
  }
}

function everyReason(reason: FailureReason): string {
  switch (reason) {
    case 'empty':
    case 'too-large':
    case 'invalid-name':
    case 'vanished':
    case 'unreadable':
    case 'changed':
    case 'conflict':
    case 'mismatch':
    case 'refused':
    case 'unavailable':
    case 'unconfirmed':
      return reason;
    default:
      return reason satisfies never;
  }
}

export function everyError(error: unknown): string {
  if (error instanceof DuplicateNamesError) {
    return error.duplicates.flatMap(({ name, paths }) => [name, ...paths]).join();
  }
  if (error instanceof AuthenticationError) return (error satisfies RefusedError).message;
  if (error instanceof RefusedError) return `${error.status satisfies number} ${error.code} ${error.requestId}`;
  return error instanceof ConfigurationError ? error.message : '';
}

// What an option may be left out of, and what it may be when it is passed on from elsewhere.
same<keyof ClientOptions, 'url' | 'apiKey'>(true);
given<UploadOptions>().signal satisfies AbortSignal | undefined;
({ project: 'p', signal: undefined, concurrency: undefined }) satisfies UploadOptions;
