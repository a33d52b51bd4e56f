import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { killAtExit } from '../leftovers.ts';

export type DaemonOptions = {
  command: string;
  args: readonly string[];
  /** Where it runs, and where its output goes, as `{name}.out`. */
  folder: string;
  name: string;
  /** Runs as another user; for root only. */
  uid?: number | undefined;
  gid?: number | undefined;
};

/** The time between two questions whether a program is ready, in milliseconds. */
const POLL_MS = 100;
const READY_MS = 60_000;
/** A program that was asked to end, and has not after this long, is killed. */
const STOP_MS = 30_000;

/** A program that runs beside the tests, may be ended and started again, and ends with this process at the latest. */
export class Daemon {
  readonly #options: DaemonOptions;
  readonly #output: string;
  #child: ChildProcess | undefined;
  #closed: Promise<unknown> = Promise.resolve();

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.#output = `${options.folder}/${options.name}.out`;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and waits until it is ready. @throws {Error} with the end of its output when it does not get ready. */
  async start(isReady: () => Promise<boolean>): Promise<void> {
    const { command, args, folder: cwd, uid, gid } = this.#options;
    const output = openSync(this.#output, 'a');
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', output, output],
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
    closeSync(output);
    killAtExit(child);
    this.#child = child;
    this.#closed = new Promise((resolve) => {
      child.once('error', resolve);
      child.once('close', resolve);
    }).then(() => {
      if (this.#child === child) this.#child = undefined;
    });
    await this.#untilReady(isReady);
  }

  /** Ends it by the signal and waits until it is gone. Does nothing where it does not run. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    child?.kill(signal);
    const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  async #untilReady(isReady: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + READY_MS;
    while (this.#child !== undefined && Date.now() < deadline) {
      if (await isReady()) return;
      await sleep(POLL_MS);
    }
    await this.stop('SIGKILL');
    const said = await readFile(this.#output, 'utf8').catch(() => '');
    throw new Error(`${this.#options.name} did not get ready:\n${said.slice(-2000)}`);
  }
}
