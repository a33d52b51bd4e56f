import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePackages, isOnPath, temporaryFolder } from '@darkslide/testkit';

/** A page that is busy does not let its browser close. */
const CLOSE_MS = 5000;
const COMMAND = '/usr/bin/chromium';

/** What comes from the browser: the answer to a call, with its `id`, or something that happened. */
type Message = {
  id?: number;
  result?: unknown;
  error?: { message: string };
  method?: string;
  params?: Record<string, string>;
};
type Event = { method: string; params: Readonly<Record<string, string>> };

/**
 * Chromium by its own protocol (https://chromedevtools.github.io/devtools-protocol), and no more of it than a benchmark
 * needs. The usual drivers watch the network, and copy the body of each request for that: twice the processor's time
 * for a small file.
 */
export class Chromium implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;
  readonly #remove: () => Promise<void>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #listeners = new Set<(event: Event) => void>();
  #last = 0;

  private constructor(child: ChildProcess, socket: WebSocket, remove: () => Promise<void>) {
    this.#child = child;
    this.#socket = socket;
    this.#remove = remove;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data) as Message);
  }

  /** @param profile a folder that keeps what the browser remembers; without it nothing is kept. */
  static async start({ profile }: { profile?: string } = {}): Promise<Chromium> {
    await ensurePackages({ packages: ['chromium'], isThere: () => isOnPath(COMMAND) });
    const folder = profile ? { path: profile, remove: async () => {} } : await temporaryFolder('darkslide-chromium');
    const args = ['--headless', '--no-sandbox', '--no-first-run', '--remote-debugging-port=0'];
    const child = spawn(COMMAND, [...args, `--user-data-dir=${folder.path}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface(child.stderr)) {
      const [, url] = /^DevTools listening on (ws:.*)$/.exec(line) ?? [];
      if (!url) continue;
      child.stderr.resume();
      const socket = new WebSocket(url);
      await once(socket, 'open');
      return new Chromium(child, socket, folder.remove);
    }
    throw new Error('Chromium ended before it was ready.');
  }

  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    this.#last += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#last, answer);
    this.#socket.send(JSON.stringify({ id: this.#last, method, params, sessionId }));
    return answer.promise as Promise<T>;
  }

  onEvent(listener: (event: Event) => void): void {
    this.#listeners.add(listener);
  }

  /** A new tab. @param script runs before those of the page. */
  async open(url: string, script: string): Promise<Tab> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', attach);
    const tab = new Tab(this, sessionId);
    await tab.send('Page.enable');
    await tab.send('Page.addScriptToEvaluateOnNewDocument', { source: script });
    await tab.send('Page.navigate', { url });
    return tab;
  }

  /** Its processes, as it tells them itself. */
  async processes(): Promise<{ pid: number; cpuSeconds: number }[]> {
    type Info = { processInfo: { id: number; cpuTime: number }[] };
    const { processInfo } = await this.send<Info>('SystemInfo.getProcessInfo');
    return processInfo.map(({ id, cpuTime }) => ({ pid: id, cpuSeconds: cpuTime }));
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const pids = (await this.processes()).map(({ pid }) => pid);
    const closed = once(this.#child, 'close');
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended with another.
      }
    }
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      void this.send('Browser.close').catch(() => {});
      const isLate = await Promise.race([closed.then(() => false), sleep(CLOSE_MS, true, { ref: false })]);
      if (isLate) await this.kill();
    }
    await this.#remove();
  }

  #receive({ id, result, error, method = '', params = {} }: Message): void {
    if (id === undefined) {
      for (const listener of this.#listeners) listener({ method, params });
      return;
    }
    const answer = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) answer?.reject(new Error(error.message));
    else answer?.resolve(result);
  }
}

export class Tab {
  readonly #browser: Chromium;
  readonly sessionId: string;

  constructor(browser: Chromium, sessionId: string) {
    this.#browser = browser;
    this.sessionId = sessionId;
  }

  send<T>(method: string, params: object = {}): Promise<T> {
    return this.#browser.send<T>(method, params, this.sessionId);
  }

  /** The value of an expression; that of a promise when it is fulfilled. @throws what it throws. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result } = await this.#run({ expression, returnByValue: true, awaitPromise: true });
    return result.value as T;
  }

  /** Chooses files, or one folder, in the input that an expression finds. */
  async choose(input: string, files: readonly string[]): Promise<void> {
    const { result } = await this.#run({ expression: input });
    await this.send('DOM.setFileInputFiles', { objectId: result.objectId, files });
  }

  async #run(params: { expression: string; returnByValue?: boolean; awaitPromise?: boolean }) {
    type Evaluated = {
      result: { value?: unknown; objectId?: string };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    const evaluated = await this.send<Evaluated>('Runtime.evaluate', params);
    const { exceptionDetails: failure } = evaluated;
    if (failure) throw new Error(failure.exception?.description ?? failure.text);
    return evaluated;
  }
}
