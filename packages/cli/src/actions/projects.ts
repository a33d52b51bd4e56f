import { createClient, type NodeClient } from '@darkslide/client';
import { Command } from 'commander';
import { type Context, connection, type Finish, tellImplicitKey, UsageError } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import {
  duplicatesOption,
  type ProjectFlags,
  projectChoice,
  type VerifyFlags,
  withConnection,
  withFinding,
  withFlow,
} from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { formatBytes, plural } from '../base/units.ts';
import { snakeKeys } from '../views/json-view.ts';
import { leftOutLines } from '../views/lines.ts';
import { tellReadBack } from '../views/read-back-progress.ts';

/** Runs with a client that is closed at the end. */
async function withClient<T>(
  context: Context,
  flags: ProjectFlags,
  work: (client: NodeClient) => Promise<T>,
): Promise<T> {
  tellImplicitKey(context, flags);
  const client = createClient(connection(context, flags));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** @throws {UsageError} where there is no such project. */
async function existing(client: NodeClient, project: string, { flow }: ProjectFlags): Promise<string> {
  const uuid = await client.findProject(projectChoice(project), { flow });
  if (uuid !== undefined) return uuid;
  throw new UsageError(
    `There is no project "${project}" in the ${flow} flow. \`darkslide projects\` lists what there is.`,
  );
}

const line = ({ stdout }: Context, text: string) => say(stdout, text);
const jsonLine = ({ stdout }: Context, value: object) => sayJson(stdout, value);

export function projectsCommand(context: Context, finish: Finish): Command {
  const command = new Command('projects')
    .description('list the projects of the account, newest first')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', '\nExamples:\n  darkslide projects\n  darkslide projects --flow smart-editing --json');
  return withConnection(withFlow(command)).action(async (flags: ProjectFlags) => {
    await withClient(context, flags, async (client) => {
      for await (const { projectUuid, name, status, createdAt, numberOfImages } of client.projects(flags.flow).list()) {
        const record = { project_uuid: projectUuid, name, status, created_at: createdAt, files: numberOfImages };
        if (flags.json) jsonLine(context, record);
        else line(context, `${createdAt.slice(0, 10)}  ${projectUuid}  ${plural(numberOfImages, 'file')}  ${name}`);
      }
    });
    finish(EXIT.done);
  });
}

const STATUS_EXAMPLES = `
Examples:
  darkslide status "Smith wedding"
  darkslide status "Smith wedding" --json

Exit codes: 0 every file that a link was asked for arrived and is whole, 1 some did not, 2 wrong use or configuration.`;

export function statusCommand(context: Context, finish: Finish): Command {
  const command = new Command('status')
    .description('say what of a project has arrived, and what is missing')
    .argument('<project>', 'its name or uuid')
    .option('--json', 'as JSON')
    .addHelpText('after', STATUS_EXAMPLES);
  return withConnection(withFlow(command)).action(async (project: string, flags: ProjectFlags) => {
    finish(await withClient(context, flags, (client) => status(context, client, project, flags)));
  });
}

const MOST_NAMES = 20;

async function status(context: Context, client: NodeClient, project: string, flags: ProjectFlags): Promise<ExitCode> {
  const projectUuid = await existing(client, project, flags);
  const api = client.project(projectUuid, flags.flow);
  const pages = await api.files();
  if (!pages) throw new UsageError("This server can't list what it holds.");
  let [arrived, bytes] = [0, 0];
  const missing: string[] = [];
  const damaged: string[] = [];
  for await (const page of pages) {
    for (const file of page) {
      if (file.status === 'uploaded') {
        arrived += 1;
        bytes += file.size ?? 0;
      } else (file.status === 'damaged' ? damaged : missing).push(file.fileName);
    }
  }
  if (flags.json) {
    jsonLine(context, { project_uuid: projectUuid, arrived, bytes, missing, damaged });
  } else {
    line(context, `${plural(arrived, 'file')} arrived, ${formatBytes(bytes)}.`);
    listNames(context, `${plural(missing.length, 'file')} did not arrive yet:`, missing);
    listNames(
      context,
      `${plural(damaged.length, 'file')} arrived, but storage damaged the bytes. Upload again:`,
      damaged,
    );
  }
  return missing.length + damaged.length === 0 ? EXIT.done : EXIT.incomplete;
}

function listNames(context: Context, heading: string, names: readonly string[]): void {
  if (names.length === 0) return;
  line(context, heading);
  for (const name of names.slice(0, MOST_NAMES)) line(context, `  ${name}`);
  if (names.length > MOST_NAMES) line(context, `  … and ${names.length - MOST_NAMES} more`);
}

const VERIFY_EXAMPLES = `
Examples:
  darkslide verify "Smith wedding" ./card1
  darkslide verify "Smith wedding" ./card1 ./card2 --duplicates rename --json
  darkslide verify "Smith wedding" ./card1 --read-back   (downloads everything, and compares every byte)

Exit codes: 0 no difference, 1 any difference, 2 wrong use or configuration.`;

export function verifyCommand(context: Context, finish: Finish): Command {
  const command = new Command('verify')
    .description('compare a local shoot with what a project holds, by size and content')
    .argument('<project>', 'its name or uuid')
    .argument('<path...>', 'folders, files or globs, as for upload')
    .addOption(duplicatesOption('different files of one name: as for upload'))
    .option('--read-back', 'download what is stored, and compare every byte')
    .option('--json', 'one JSON object a line');
  const options = withConnection(withFlow(withFinding(command))).addHelpText('after', VERIFY_EXAMPLES);
  return options.action(async (project: string, paths: string[], flags: VerifyFlags) => {
    finish(await withClient(context, flags, (client) => verify(context, client, { project, paths, flags })));
  });
}

const WORDS = {
  different: 'different from what is stored',
  missing: 'not stored',
  damaged: 'damaged where it is stored: upload it again',
  unknown: "of the same size, but this storage's ETags don't tell its content",
} as const;

async function verify(
  context: Context,
  client: NodeClient,
  { project, paths, flags }: { project: string; paths: string[]; flags: VerifyFlags },
): Promise<ExitCode> {
  const { all, include, exclude, followLinks, duplicates } = flags;
  const plan = await client.plan({ paths, all, include, exclude, followLinks, duplicates });
  const projectUuid = await existing(client, project, flags);
  const { flow, readBack } = flags;
  const { onProgress, end } = tellReadBack(context.stderr);
  const { verdicts, extra } = await client.verifyPlan(plan, { projectUuid, flow, readBack, onProgress }).finally(end);
  const wrong = verdicts.filter(({ verdict }) => verdict !== 'same' && verdict !== 'unknown');
  const counts = { compared: verdicts.length, wrong: wrong.length, extra: extra.length };
  if (flags.json) {
    for (const verdict of verdicts) jsonLine(context, { type: 'file', ...verdict });
    for (const name of extra) jsonLine(context, { type: 'extra', name });
    sayJson(context.stdout, { type: 'summary', ...counts, leftOut: plan.leftOut }, snakeKeys);
  } else {
    for (const entry of verdicts) {
      if (entry.verdict === 'unreadable' || entry.verdict === 'unread')
        line(context, `${entry.path}: ${entry.message}`);
      else if (entry.verdict !== 'same') line(context, `${entry.path}: ${WORDS[entry.verdict]}`);
    }
    for (const name of extra) line(context, `${name}: stored, but not among these files`);
    for (const text of leftOutLines(plan.leftOut)) line(context, text);
    const same = verdicts.filter(({ verdict }) => verdict === 'same').length;
    line(
      context,
      `${same.toLocaleString('en')} of ${plural(verdicts.length, 'file')} are stored as they are here${readBack ? ', every byte read back' : ''}.`,
    );
  }
  return wrong.length === 0 && extra.length === 0 ? EXIT.done : EXIT.incomplete;
}

const UPLOADS_EXAMPLES = `
Examples:
  darkslide uploads "Smith wedding"
  darkslide uploads "Smith wedding" --abort

Abort only what nobody sends to any more: a file whose upload is aborted begins again.`;

type UploadsFlags = ProjectFlags & { abort?: string | true };

export function uploadsCommand(context: Context, finish: Finish): Command {
  const command = new Command('uploads')
    .description("list a project's open multipart uploads, or abort them")
    .argument('<project>', 'its name or uuid')
    .option('--abort [id]', 'abort this one; without an id, all of them')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', UPLOADS_EXAMPLES);
  return withConnection(withFlow(command)).action(async (project: string, flags: UploadsFlags) => {
    finish(await withClient(context, flags, (client) => uploads(context, client, project, flags)));
  });
}

async function uploads(context: Context, client: NodeClient, project: string, flags: UploadsFlags): Promise<ExitCode> {
  const api = client.project(await existing(client, project, flags), flags.flow);
  const pages = await api.openUploads();
  if (!pages) throw new UsageError("This server can't list open uploads.");
  const open = (await Array.fromAsync(pages)).flat();
  const chosen = typeof flags.abort === 'string' ? open.filter(({ uploadId }) => uploadId === flags.abort) : open;
  if (typeof flags.abort === 'string' && chosen.length === 0) {
    throw new UsageError(`There is no open upload "${flags.abort}" in this project.`);
  }
  for (const { uploadId, key, fileName, size, partCount, createdAt } of chosen) {
    if (flags.abort) await api.abortUpload(uploadId, { key });
    const record = { upload_id: uploadId, file_name: fileName, size, part_count: partCount, created_at: createdAt };
    const what = `${fileName}  ${size === null ? plural(partCount, 'part') : formatBytes(size)}  ${createdAt}  ${uploadId}`;
    if (flags.json) jsonLine(context, { ...record, aborted: flags.abort !== undefined });
    else line(context, flags.abort ? `aborted  ${what}` : what);
  }
  if (chosen.length === 0 && !flags.json) line(context, 'There are no open uploads.');
  return EXIT.done;
}
