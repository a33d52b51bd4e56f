import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { S3Client } from './s3-client.ts';

/** A store in a process of its own, so that a kill is one. */
export class StoreChild {
  readonly s3: S3Client;
  /** Resolves when the sweep at the start is done, with the objects that have lost their bytes, as JSON. */
  readonly swept: Promise<string>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, swept: Promise<string>) {
    this.#child = child;
    this.s3 = new S3Client(`http://127.0.0.1:${port}`);
    this.swept = swept;
  }

  /** Rejects with what the store says where it refuses to start. */
  static async start(dataDir: string, { scrubBytesPerSecond = '' }: { scrubBytesPerSecond?: string } = {}) {
    const script = join(import.meta.dirname, 'store-process.ts');
    const child = spawn(process.execPath, [script, dataDir, '0', scrubBytesPerSecond], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Stripping the types anew would be most of the time that a start takes.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const line = (start: string) =>
      new Promise<string>((resolve, reject) => {
        lines.on('line', (text) => {
          if (text.startsWith('error ')) reject(new Error(text.slice('error '.length)));
          if (text.startsWith(start)) resolve(text.slice(start.length + 1));
        });
        child.once('close', () => reject(new Error('the store process ended')));
      });
    const swept = line('swept');
    swept.catch(() => {});
    return new StoreChild(child, Number(await line('listening')), swept);
  }

  /** As a power cut, but for what the system holds. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** In order: the index is sealed. */
  close(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    await closed;
  }
}
