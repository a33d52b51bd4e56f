/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { after } from 'node:test';
import {
  type BrowserContext,
  type BrowserOptions,
  type ChromiumOptions,
  type Page,
  startChromium,
} from '@darkslide/testkit';
import axe from 'axe-core';
import { type Api, PROFILE, uniqueName } from './api.ts';
import { type MintBody, mintToken } from './upload-tokens.ts';

type Browser = Awaited<ReturnType<typeof startChromium>>;

/** What the page's last run came to: the summary that `darkslide upload --json` prints. */
export type PageSummary = {
  total: number;
  successful: number;
  skipped: number;
  failed: number;
  bytes: number;
  results: { name: string; path: string; status: string; md5?: string | null; reason?: string; message?: string }[];
};

/** What scripts of the spec keep in the page. */
type Seen = { summaries: unknown[]; stored: number };

const SUMMARY_MS = 240_000;

/** Chromium for the specs of a file. */
export async function useChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const browser = await startChromium(options);
  after(() => browser.close());
  return browser;
}

/** A new project, and the address of a page that uploads into it. */
export async function newUploadLink(api: Api, serverUrl: string, limits: MintBody = {}) {
  const name = uniqueName();
  const project = await api.newProject(PROFILE, name);
  const token = await mintToken(api, project, limits);
  return { name, project, token, url: `${serverUrl}/upload#${token.token}` };
}

/** The upload page in a tab of its own. */
export class UploadPage {
  readonly page: Page;
  /** What the browser complained of: errors of scripts, and what the content security policy stopped. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // A refused request is printed by the browser itself.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
  }

  static async open(browser: Browser, url: string, options: BrowserOptions = {}): Promise<UploadPage> {
    return UploadPage.openIn(await browser.newContext({ locale: 'en', ...options }), url);
  }

  /** Another tab of the same browser. */
  beside(url: string): Promise<UploadPage> {
    return UploadPage.openIn(this.page.context(), url);
  }

  /** In a new tab of a context, which `close` closes with it. */
  static async openIn(context: BrowserContext, url: string): Promise<UploadPage> {
    const opened = new UploadPage(await context.newPage());
    await opened.page.addInitScript(() => {
      const seen = window as unknown as Seen;
      seen.summaries = [];
      seen.stored = 0;
      window.addEventListener('darkslide-progress', (event) => {
        const { successful, skipped } = (event as CustomEvent).detail.files;
        seen.stored = successful + skipped;
      });
      window.addEventListener('darkslide-summary', (event) => seen.summaries.push((event as CustomEvent).detail));
    });
    await opened.page.goto(url);
    return opened;
  }

  get main() {
    return this.page.locator('darkslide-uploader');
  }

  button(name: string | RegExp) {
    return this.main.getByRole('button', { name });
  }

  /** Chooses files, or a folder, as its dialogue would. */
  async choose(what: 'files' | 'folder', paths: string | string[]): Promise<void> {
    await this.page.locator(`input[name=${what}]`).setInputFiles(paths);
  }

  /** Drops files and folders of the disk, as a file manager does. */
  async drop(files: string[]): Promise<void> {
    const box = await this.main.locator('[part=drop]').boundingBox();
    const [x, y] = [(box?.x ?? 0) + 20, (box?.y ?? 0) + 20];
    const session = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x, y, data });
    }
  }

  /** Waits until this share of all bytes was sent, 0 to 1. */
  async sent(share: number): Promise<void> {
    await this.page.waitForFunction((wanted) => {
      const bar = document.querySelector('darkslide-uploader')?.shadowRoot?.querySelector('progress');
      return (bar?.value ?? 0) > wanted;
    }, share);
  }

  /** How many files the page says are stored, at this moment. */
  async stored(): Promise<number> {
    return await this.page.evaluate(() => (window as unknown as Seen).stored);
  }

  /** The summary of the run after `before` others. */
  async summary({ before = 0, timeoutMs = SUMMARY_MS } = {}): Promise<PageSummary> {
    const at = (index: number) => (window as unknown as Seen).summaries[index] as never;
    await this.page.waitForFunction((index) => (window as unknown as Seen).summaries.length > index, before, {
      timeout: timeoutMs,
    });
    return await this.page.evaluate(at, before);
  }

  /** Nothing on the page is hard to reach or to see, by the rules of axe. */
  async assertAccessible(state: string): Promise<void> {
    await this.page.evaluate(axe.source);
    const found = await this.page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    assert.deepEqual(found, [], state);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
