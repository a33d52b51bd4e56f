import type { FileInFlight, Progress } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { say } from '../base/output.ts';
import { formatBytes } from '../base/units.ts';
import { failureLine, plannedLines, progressLine, retryLine, summaryLines } from './lines.ts';
import { Screen } from './screen.ts';
import type { View } from './view.ts';

/** Transfers shown at once, where the window has room for them. */
const MOST_TRANSFERS = 8;
/** Rows that the frame has besides transfers, and the one that the cursor waits in. */
const OTHER_ROWS = 4;
/** Columns of the bar, at most a quarter of the window. */
const BAR = 24;
/** How long the last trouble is shown after it was to be over, in milliseconds. */
const TROUBLE_MS = 5000;
/**
 * While a person drags the window's corner nothing is drawn, so in milliseconds after the last change: what is on the
 * screen then is the last frame, broken to the width that is known.
 */
const SETTLED_MS = 150;

/** One view on a terminal: an overall bar, the transfers in flight, the last trouble; failures stay above it. */
export function createLiveView(stdout: Output): View {
  const screen = new Screen(stdout);
  let trouble = { line: '', until: 0 };
  let confirming = false;
  let last: Progress | undefined;

  let resizing: NodeJS.Timeout | undefined;

  const draw = () => {
    if (!last || resizing) return;
    const { line, until } = trouble;
    screen.draw(frameOf(last, { confirming, trouble: performance.now() < until ? line : '', screen }));
  };
  const onResize = () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      resizing = undefined;
      draw();
    }, SETTLED_MS);
  };
  const close = () => {
    clearTimeout(resizing);
    stdout.off('resize', onResize);
    screen.close();
  };
  stdout.on('resize', onResize);

  return {
    planned(plan) {
      for (const line of plannedLines(plan)) screen.print(line);
    },
    event(event) {
      switch (event.type) {
        case 'progress':
          last = event.progress;
          return draw();
        case 'file-finished':
          if (event.result.status === 'failed') screen.print(`✗ ${failureLine(event.result)}`);
          return;
        case 'retrying':
          trouble = { line: retryLine(event), until: performance.now() + event.delayMs + TROUBLE_MS };
          return;
        case 'notice':
          return screen.print(event.message);
        case 'confirming':
          confirming = true;
          return;
        default:
          return;
      }
    },
    finish(summary) {
      close();
      for (const line of summaryLines(summary)) say(stdout, line);
    },
    stop(message) {
      close();
      say(stdout, message);
    },
  };
}

function frameOf(
  progress: Progress,
  { confirming, trouble, screen }: { confirming: boolean; trouble: string; screen: Screen },
): string[] {
  const { bytes, inFlight } = progress;
  const room = Math.max(Math.min(screen.rows - OTHER_ROWS, MOST_TRANSFERS), 0);
  const head = confirming ? 'Checking what storage holds …' : progressLine(progress);
  return [
    `${bar(share(bytes.done, bytes.total), Math.min(BAR, Math.floor(screen.width / 4)))} ${head}`,
    ...inFlight.slice(0, room).map(flightLine),
    ...(inFlight.length > room && room > 0 ? [`  … and ${inFlight.length - room} more`] : []),
    ...(trouble && room > 0 ? [trouble] : []),
  ];
}

/** From 0 to 1, whatever was counted twice. */
const share = (done: number, total: number) => Math.min(Math.max(done / Math.max(total, 1), 0), 1);

function bar(filled: number, columns: number): string {
  const full = Math.round(filled * columns);
  return `${'█'.repeat(full)}${'░'.repeat(columns - full)}`;
}

const DOING: Record<FileInFlight['state'], string> = {
  checking: 'checking',
  sending: '',
  'waiting-to-retry': 'waiting to try again',
  completing: 'completing',
};

function flightLine({ name, size, sent, state }: FileInFlight): string {
  const percent = `${Math.floor(share(sent, size) * 100)}%`.padStart(4);
  return `  ${percent}  ${name}  ${formatBytes(size)}  ${DOING[state]}`.trimEnd();
}
