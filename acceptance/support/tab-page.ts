import { setTimeout as sleep } from 'node:timers/promises';
import type { Tab } from '@darkslide/testkit';
import type { PageSummary } from './upload-page.ts';

const WAIT_MS = 120_000;
const ELEMENT = "document.querySelector('darkslide-uploader')";
const SHADOW = `${ELEMENT}?.shadowRoot`;

/** The upload page in a tab of any of the three engines. */
export class TabPage {
  readonly #tab: Tab;

  private constructor(tab: Tab) {
    this.#tab = tab;
  }

  /** Loads the page anew, also where the tab shows it already: another fragment alone loads nothing. */
  static async open(tab: Tab, url: string): Promise<TabPage> {
    await tab.goto('about:blank');
    await tab.goto(url);
    const page = new TabPage(tab);
    await page.until('the page', `!!${SHADOW}?.querySelector('input[name=files]')`);
    await tab.evaluate(
      "(window.ended = [], window.addEventListener('darkslide-summary', ({ detail }) => window.ended.push(detail)), 0)",
    );
    return page;
  }

  /** Waits until the expression is true in the page. */
  async until(what: string, expression: string): Promise<void> {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(100)) {
      if (await this.#tab.evaluate<boolean>(expression)) return;
    }
    throw new Error(`${what}: not within ${WAIT_MS / 1000} s. The page says: ${await this.text()}`);
  }

  choose(photos: readonly { path: string }[]): Promise<void> {
    return this.#tab.chooseFiles(
      `${SHADOW}.querySelector('input[name=files]')`,
      photos.map(({ path }) => path),
    );
  }

  /** Waits until this share of all bytes was sent, 0 to 1. */
  sent(share: number): Promise<void> {
    return this.until(`${share} to be sent`, `${SHADOW}.querySelector('progress')?.value > ${share}`);
  }

  /** The summary of the first run. */
  async summary(): Promise<PageSummary> {
    await this.until('the summary', 'window.ended.length > 0');
    return JSON.parse(await this.#tab.evaluate<string>('JSON.stringify(window.ended[0])'));
  }

  /** Waits until the page says this. */
  says(text: string): Promise<void> {
    return this.until(`“${text}”`, `${SHADOW}.textContent.replace(/\\s+/g, ' ').includes(${JSON.stringify(text)})`);
  }

  text(): Promise<string> {
    return this.#tab.evaluate<string>(`${SHADOW}.textContent.replace(/\\s+/g, ' ')`);
  }
}
