import { setTimeout as sleep } from 'node:timers/promises';
import type { Darkslide } from '@darkslide/testkit';
import { call, dataOf, newProject } from '../api-call.ts';
import type { Chromium, Tab } from './chromium.ts';

/** Who uploads from a page: ours, and the peers of `pages.ts`. */
export type Side = 'darkslide' | 'uppy' | 'bare-loop';

type Server = Pick<Darkslide, 'apiUrl' | 'apiKey'>;

/** The address of a side's page, for a new project. @param more what it tells a peer's page besides. */
export async function addressOf(
  side: Side,
  { server, origin }: { server: Server; origin: string },
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const project = await newProject(server);
  const { token } = dataOf<{ token: string }>(await call(server, `/${project}/upload_tokens`, {}));
  if (side === 'darkslide') return `${server.apiUrl}/upload#${token}`;
  const hash = new URLSearchParams({ server: server.apiUrl, path: `/v1/i2i/projects/${project}`, token, ...more });
  return `${origin}/${side}#${hash}`;
}

/** Where files are chosen, and where a folder is. */
export const inputOf = (name: 'files' | 'folder') =>
  `(document.querySelector('darkslide-uploader')?.shadowRoot ?? document).querySelector('input[name=${name}]')`;

/** Time counts from the choice of files on; our page tells its end by an event, the others call `uploadEnded`. */
const MEASURE = `
  addEventListener('input', () => { globalThis.began ??= performance.now(); }, { capture: true });
  globalThis.uploadEnded = (files) => { globalThis.ended = { files, seconds: (performance.now() - began) / 1000 }; };
  addEventListener('darkslide-summary', ({ detail }) => uploadEnded(detail.successful + detail.skipped));
`;

/** Opens a page and waits until it takes files. */
export async function openMeasured(browser: Chromium, address: string, script = ''): Promise<Tab> {
  const tab = await browser.open(address, MEASURE + script);
  await until('the page', () => tab.evaluate<boolean>(`!!${inputOf('files')}`));
  return tab;
}

/** What an upload came to. */
export const endOf = (tab: Tab) => until('the end', () => tab.evaluate<{ files: number; seconds: number }>('ended'));

const TIMEOUT_MS = 10 * 60_000;
const POLL_MS = 50;

/** What a look returns when it is neither false nor an error. A page that is busy may not respond to a look at all. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined>,
  { timeoutMs = TIMEOUT_MS } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const late = sleep(end - Date.now(), undefined, { ref: false });
    const found = await Promise.race([look().catch(() => undefined), late]);
    if (found) return found;
    await sleep(POLL_MS);
  }
  throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
}
