import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from './http-client.ts';
import { killAtExit } from './leftovers.ts';
import { freePorts } from './ports.ts';
import { type RunOptions, type RunResult, run } from './run.ts';
import { temporaryFolder } from './temporary.ts';
import { pinnedNode, root } from './workspace.ts';

export type Account = { name: string; apiKey: string };

export type S3Access = {
  endpoint: string;
  region: string;
  bucket: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

export type DarkslideOptions = {
  /** A PostgreSQL database instead of the embedded one. */
  databaseUrl?: string | undefined;
  /** Another storage instead of the embedded one. */
  s3?: S3Access | undefined;
  /** Added to what the harness sets; undefined unsets. */
  env?: Readonly<Record<string, string | undefined>>;
};

const READY_MS = 30_000;
const STOP_MS = 45_000;
/** Of the output, what is kept; a runaway log must not take the memory. */
const LOG_LIMIT = 20 * 1024 * 1024;

/** Variables of the machine that would change what the binary does. */
const FOREIGN = /^(DARKSLIDE_|AWS_|OTEL_|DATABASE_URL$|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/;

function withoutForeign(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => FOREIGN.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/**
 * The shipped binary on free ports of 127.0.0.1, with a data folder of its own. Killing it leaves folder and ports
 * as they were, so that it can be started again.
 */
export class Darkslide {
  readonly apiUrl: string;
  readonly s3: S3Access;
  /** The first account's. */
  readonly apiKey: string;
  readonly dataDir: string;
  readonly #env: Record<string, string | undefined>;
  readonly #remove: () => Promise<void>;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(null);
  #logs = '';

  private constructor(options: DarkslideOptions, folder: { path: string; remove(): Promise<void> }, ports: number[]) {
    const [apiPort, storePort] = ports;
    this.apiUrl = `http://127.0.0.1:${apiPort}`;
    this.dataDir = folder.path;
    this.#remove = folder.remove;
    this.apiKey = `acceptance-${randomBytes(24).toString('hex')}`;
    const embedded = {
      endpoint: `http://127.0.0.1:${storePort}`,
      region: 'us-east-1',
      bucket: 'darkslide',
      credentials: { accessKeyId: 'DSACCEPTANCE', secretAccessKey: randomBytes(24).toString('base64url') },
    };
    this.s3 = options.s3 ?? embedded;
    this.#env = {
      ...withoutForeign(),
      DARKSLIDE_HOST: '127.0.0.1',
      DARKSLIDE_PORT: String(apiPort),
      DARKSLIDE_STORE_PORT: String(storePort),
      DARKSLIDE_DATA_DIR: folder.path,
      DARKSLIDE_API_KEY: this.apiKey,
      DATABASE_URL: options.databaseUrl,
      ...(options.s3 ? storageVariables(options.s3) : embeddedStorage(embedded)),
      DARKSLIDE_RATE_LIMIT: '1000000',
      ...options.env,
    };
  }

  /** Starts the binary and waits until it is ready. @throws {Error} with what it printed, when it does not get ready. */
  static async start(options: DarkslideOptions = {}): Promise<Darkslide> {
    const darkslide = await Darkslide.prepare(options);
    await darkslide.start();
    return darkslide;
  }

  /** Everything but the start. */
  static async prepare(options: DarkslideOptions = {}): Promise<Darkslide> {
    return new Darkslide(options, await temporaryFolder('darkslide-acceptance'), await freePorts(2));
  }

  /** Everything printed so far, over all starts. */
  get logs(): string {
    return this.#logs;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    this.spawn();
    const deadline = Date.now() + READY_MS;
    while (Date.now() < deadline) {
      if (this.#child === undefined) break;
      if (await this.isReady()) return;
      await sleep(50);
    }
    await this.kill();
    throw new Error(`darkslide serve did not get ready:\n${this.#logs.slice(-4000)}`);
  }

  /** Starts the binary without waiting. The promise gives its exit code. */
  spawn(): Promise<number | null> {
    const child = spawn(pinnedNode(), [binary(), 'serve'], {
      env: { ...process.env, ...this.#env },
      cwd: this.dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#logs = (this.#logs + chunk.toString()).slice(-LOG_LIMIT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#exited = new Promise((resolve) => {
      child.once('close', (code) => {
        if (this.#child === child) this.#child = undefined;
        resolve(code);
      });
    });
    killAtExit(child);
    this.#child = child;
    return this.#exited;
  }

  async isReady(): Promise<boolean> {
    return request({ url: `${this.apiUrl}/readyz`, timeoutMs: 2000 }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Asks it to end and returns its exit code. @throws {Error} when it takes longer than its own deadline. */
  async stop(): Promise<number | null> {
    this.#child?.kill('SIGTERM');
    const late = sleep(STOP_MS, 'late' as const, { ref: false });
    const code = await Promise.race([this.#exited, late]);
    if (code !== 'late') return code;
    await this.kill();
    throw new Error(`darkslide serve did not stop in ${STOP_MS} ms:\n${this.#logs.slice(-4000)}`);
  }

  /** Runs another command of the binary beside the server, with the same configuration. */
  command(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return runDarkslide(args, { cwd: this.dataDir, ...options, env: { ...this.#env, ...options.env } });
  }

  async createAccount(name: string): Promise<Account> {
    const { code, stdout, stderr } = await this.command(['keys', 'create', '--account', name, '--json']);
    if (code !== 0) throw new Error(`darkslide keys create ended with ${code}: ${stderr || stdout}`);
    return { name, apiKey: apiKeyIn(stdout) };
  }

  /** Kills it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await this.#remove();
  }
}

/** The binary's command line, outside any server's folder. */
export function runDarkslide(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(pinnedNode(), [binary(), ...args], { ...options, env: { ...withoutForeign(), ...options.env } });
}

function embeddedStorage({ credentials }: S3Access): Record<string, string> {
  return {
    DARKSLIDE_STORE_ACCESS_KEY: credentials.accessKeyId,
    DARKSLIDE_STORE_SECRET_KEY: credentials.secretAccessKey,
  };
}

/** The environment of a server that uses another storage than the embedded one. */
export function storageVariables({ endpoint, region, bucket, credentials }: S3Access) {
  return {
    DARKSLIDE_STORE_ACCESS_KEY: undefined,
    DARKSLIDE_STORE_SECRET_KEY: undefined,
    DARKSLIDE_S3_ENDPOINT: endpoint,
    DARKSLIDE_S3_REGION: region,
    DARKSLIDE_S3_BUCKET: bucket,
    DARKSLIDE_S3_FORCE_PATH_STYLE: 'true',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

/** The shipped binary, to be run by {@link pinnedNode}. */
export function binary(): string {
  return realpathSync(join(root, 'node_modules', '.bin', 'darkslide'));
}

function apiKeyIn(json: string): string {
  const printed: unknown = JSON.parse(json);
  const { api_key: key } = printed as { api_key?: unknown };
  if (typeof key === 'string' && key !== '') return key;
  throw new Error('darkslide keys create --json printed no "api_key".');
}
