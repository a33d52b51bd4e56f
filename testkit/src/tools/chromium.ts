import { readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { temporaryFolder } from '../temporary.ts';
import { ensurePackages, isOnPath } from './apt.ts';

export type { BrowserContext, Page };

const COMMAND = '/usr/bin/chromium';

/** `hosts` maps names to addresses, as a name server of one's own would. `flags` are of Chromium's command line. */
export type ChromiumOptions = { hosts?: Readonly<Record<string, string>>; flags?: readonly string[] };

/** Debian's Chromium, without a window. */
export async function startChromium({ hosts = {}, flags = [] }: ChromiumOptions = {}): Promise<Browser> {
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
  const args = rules.length > 0 ? [`--host-resolver-rules=${rules.join(',')}`] : [];
  return await chromium.launch({
    executablePath: await chromiumCommand(),
    args: [...CHROMIUM_ARGS, ...flags, ...args],
  });
}

/**
 * Chromium with a profile of its own in this folder, which outlives it. `kill` ends it as a crash does.
 */
export async function startChromiumIn(profile: string): Promise<{ context: BrowserContext; kill(): Promise<void> }> {
  const options = { executablePath: await chromiumCommand(), args: [...CHROMIUM_ARGS], locale: 'en' };
  const context = await chromium.launchPersistentContext(profile, options);
  const kill = async () => {
    const closed = new Promise<void>((resolve) => context.once('close', () => resolve()));
    // Chromium notes there who uses the profile: `HOST-PID`.
    const owner = await readlink(join(profile, 'SingletonLock'));
    process.kill(Number(owner.split('-').at(-1)), 'SIGKILL');
    await closed;
  };
  return { context, kill };
}

// Tests run as root, for whom Chromium has no sandbox.
export const CHROMIUM_ARGS: readonly string[] = ['--no-sandbox'];

/** A script that starts Chromium. Permissions hold for it also when root starts it, as they do for its users. */
export async function chromiumCommand(): Promise<string> {
  await ensurePackages({ packages: ['chromium'], isThere: () => isOnPath(COMMAND) });
  if (process.getuid?.() !== 0) return COMMAND;
  const folder = await temporaryFolder('darkslide-chromium');
  const script = join(folder.path, 'chromium');
  const without = '--bounding-set=-dac_override,-dac_read_search';
  await writeFile(script, `#!/bin/sh\nexec setpriv ${without} ${COMMAND} "$@"\n`, { mode: 0o755 });
  return script;
}

export type BrowserOptions = BrowserContextOptions;
