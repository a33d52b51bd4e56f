import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { ensurePackages, isOnPath } from './apt.ts';

export type { BrowserContext, Page };

const COMMAND = '/usr/bin/chromium';

/** Debian's Chromium, without a window. `hosts` maps names to addresses, as a name server of one's own would. */
export async function startChromium({
  hosts = {},
}: {
  hosts?: Readonly<Record<string, string>>;
} = {}): Promise<Browser> {
  await ensurePackages({ packages: ['chromium'], isThere: () => isOnPath(COMMAND) });
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
  // Tests run as root, for whom Chromium has no sandbox.
  const args = ['--no-sandbox', ...(rules.length > 0 ? [`--host-resolver-rules=${rules.join(',')}`] : [])];
  return await chromium.launch({ executablePath: COMMAND, args });
}

export type BrowserOptions = BrowserContextOptions;
