/// <reference lib="dom" />
import assert from 'node:assert/strict';
import type { BrowserContext, BrowserOptions, Page, startChromium } from '@darkslide/testkit';
import axe from 'axe-core';

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

const SUMMARY_MS = 120_000;

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
    return UploadPage.#in(await browser.newContext({ locale: 'en', ...options }), url);
  }

  /** Another tab of the same browser. */
  beside(url: string): Promise<UploadPage> {
    return UploadPage.#in(this.page.context(), url);
  }

  static async #in(context: BrowserContext, url: string): Promise<UploadPage> {
    const opened = new UploadPage(await context.newPage());
    await opened.page.addInitScript(() => {
      const seen = window as unknown as { summaries: unknown[] };
      seen.summaries = [];
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

  /** The summary of the run after `before` others. */
  async summary(before = 0): Promise<PageSummary> {
    const at = (index: number) => (window as unknown as { summaries: unknown[] }).summaries[index] as never;
    await this.page.waitForFunction(
      (index) => (window as unknown as { summaries: unknown[] }).summaries.length > index,
      before,
      { timeout: SUMMARY_MS },
    );
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
