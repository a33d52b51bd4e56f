import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchOptions } from 'puppeteer-core';
import type { WebDriver, WebElement } from 'selenium-webdriver';
import { freePorts } from '../ports.ts';
import { runOk } from '../run.ts';
import { ensurePackages, isOnPath } from './apt.ts';
import { CHROMIUM_ARGS, chromiumCommand } from './chromium.ts';
import { Daemon } from './daemon.ts';

/** One tab of a browser, with what all three have in common. */
export type Tab = {
  goto(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON carries it. */
  evaluate<T>(expression: string): Promise<T>;
  /** Chooses files in the file input that the expression finds, as its dialogue would. */
  chooseFiles(input: string, paths: readonly string[]): Promise<void>;
  /** Opens another tab in front of this one. WebKit's driver cannot. */
  hide?(): Promise<void>;
  /** Ends the browser. */
  close(): Promise<void>;
};

/** What would let a hidden tab of Chromium run as if it were seen. */
const UNTHROTTLED = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

async function openChromium(): Promise<Tab> {
  const executablePath = await chromiumCommand();
  return openByPuppeteer({ executablePath, args: [...CHROMIUM_ARGS], ignoreDefaultArgs: UNTHROTTLED });
}

const FIREFOX_COMMAND = '/usr/bin/firefox-esr';

/** By WebDriver BiDi. */
async function openFirefox(): Promise<Tab> {
  await ensurePackages({ packages: ['firefox-esr'], isThere: () => isOnPath(FIREFOX_COMMAND) });
  return openByPuppeteer({ browser: 'firefox', executablePath: FIREFOX_COMMAND });
}

async function openByPuppeteer(options: LaunchOptions): Promise<Tab> {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({ headless: true, ...options });
  const page = await browser.newPage();
  // A page that is left while it uploads asks first.
  page.on('dialog', (dialog) => void dialog.accept());
  return {
    async goto(url) {
      await page.goto(url);
    },
    evaluate: <T>(expression: string) => page.evaluate(expression) as Promise<T>,
    async chooseFiles(input, paths) {
      const element = (await page.evaluateHandle(input)).asElement();
      await (element as { uploadFile(...paths: string[]): Promise<void> } | null)?.uploadFile(...paths);
    },
    async hide() {
      await (await browser.newPage()).bringToFront();
    },
    close: () => browser.close(),
  };
}

const QUIT_MS = 10_000;
const WEBKIT_PACKAGES = ['webkit2gtk-driver', 'xvfb', 'libwebkit2gtk-4.1-0'];

/** By WebDriver, with WebKit's own small browser on a display in memory. */
async function openWebKit(): Promise<Tab> {
  await ensurePackages({ packages: WEBKIT_PACKAGES, isThere: () => isOnPath('WebKitWebDriver') });
  const found = await runOk('find', ['/usr/lib', '-name', 'MiniBrowser', '-path', '*webkit2gtk*']);
  const binary = found.stdout.trim().split('\n').at(-1) ?? '';
  const stops: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'darkslide-webkit-'));
    stops.push(() => rm(folder, { recursive: true, force: true }));
    const session = await startWebKit(binary, folder, stops);
    return {
      goto: (url) => session.get(url),
      evaluate: (expression) => session.executeScript(`return ${expression}`),
      async chooseFiles(input, paths) {
        const element = await session.executeScript<WebElement>(`return ${input}`);
        await element.sendKeys(paths.join('\n'));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Screen, driver and browser; `stops` takes what ends each. */
async function startWebKit(binary: string, folder: string, stops: (() => Promise<unknown>)[]): Promise<WebDriver> {
  const [port = 0] = await freePorts(1);
  const display = `:${port}`;
  const screen = new Daemon({ command: 'Xvfb', args: [display, '-nolisten', 'tcp'], folder, name: 'screen' });
  stops.push(() => screen.stop());
  await screen.start(async () => existsSync(`/tmp/.X11-unix/X${port}`));
  const driver = new Daemon({
    command: 'env',
    args: [`DISPLAY=${display}`, `HOME=${folder}`, 'WebKitWebDriver', `--port=${port}`],
    ...{ folder, name: 'driver' },
  });
  stops.push(() => driver.stop());
  const server = `http://127.0.0.1:${port}`;
  await driver.start(() =>
    fetch(`${server}/status`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const wanted = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': { binary, args: ['--automation'] } };
  const { Builder, Capabilities } = await import('selenium-webdriver');
  const session = await new Builder().usingServer(server).withCapabilities(new Capabilities(wanted)).build();
  // A browser that hangs ends with its driver.
  stops.push(() => Promise.race([session.quit(), sleep(QUIT_MS, undefined, { ref: false })]));
  return session;
}

/** The three engines that the world's browsers have, from Debian's packages. */
export const BROWSERS: Readonly<Record<'Chromium' | 'Firefox' | 'WebKit', () => Promise<Tab>>> = {
  Chromium: openChromium,
  Firefox: openFirefox,
  WebKit: openWebKit,
};
