import type { FileInFlight, Progress } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { say } from '../base/output.ts';
import { formatBytes } from '../base/units.ts';
import { failureLine, plannedLines, progressLine, retryLine, summaryLines } from './lines.ts';
import { Screen } from './screen.ts';
import { briefShootLines } from './shoot-lines.ts';
import type { View } from './view.ts';

/** Transfers shown at once, if the window has room for them. */
const MAX_TRANSFERS = 8;
/** Rows of the frame besides transfers, including the row of the cursor. */
const OTHER_ROWS = 4;
/** Columns of the bar, which takes at most a quarter of the window. */
const BAR_COLUMNS = 24;
/** How long the last retry is shown after it was due. */
const RETRY_SHOWN_MS = 5000;
/**
 * While the window is being resized nothing is drawn until this long after the last change. The screen then shows the
 * last frame, wrapped at a known width.
 */
const RESIZE_SETTLED_MS = 150;

/** A view for a terminal: an overall bar, the transfers in progress, the last retry. Failures stay above it. */
export function createLiveView(stdout: Output): View {
  const screen = new Screen(stdout);
  let retry = { line: '', until: 0 };
  let confirming = false;
  let last: Progress | undefined;
  let resizing: NodeJS.Timeout | undefined;

  const draw = () => {
    if (!last || resizing) return;
    const { line, until } = retry;
    screen.draw(frameOf(last, { confirming, retry: performance.now() < until ? line : '', screen }));
  };
  const onResize = () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      resizing = undefined;
      draw();
    }, RESIZE_SETTLED_MS);
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
    shoot(shoot) {
      for (const line of briefShootLines(shoot)) screen.print(line);
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
          retry = { line: retryLine(event), until: performance.now() + event.delayMs + RETRY_SHOWN_MS };
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
  { confirming, retry, screen }: { confirming: boolean; retry: string; screen: Screen },
): string[] {
  const { bytes, inFlight } = progress;
  const room = Math.max(Math.min(screen.rows - OTHER_ROWS, MAX_TRANSFERS), 0);
  const head = confirming ? 'Checking the files in storage …' : progressLine(progress);
  return [
    `${bar(share(bytes.done, bytes.total), Math.min(BAR_COLUMNS, Math.floor(screen.width / 4)))} ${head}`,
    ...inFlight.slice(0, room).map(flightLine),
    ...(inFlight.length > room && room > 0 ? [`  … and ${inFlight.length - room} more`] : []),
    ...(retry && room > 0 ? [retry] : []),
  ];
}

/** A share from 0 to 1, also if bytes were counted twice. */
const share = (done: number, total: number) => Math.min(Math.max(done / Math.max(total, 1), 0), 1);

function bar(filled: number, columns: number): string {
  const full = Math.round(filled * columns);
  return `${'█'.repeat(full)}${'░'.repeat(columns - full)}`;
}

const DOING: Record<FileInFlight['state'], string> = {
  checking: 'checking',
  sending: '',
  fetching: '',
  'waiting-to-retry': 'waiting to try again',
  completing: 'completing',
};

function flightLine({ name, size, sent, state }: FileInFlight): string {
  const percent = `${Math.floor(share(sent, size) * 100)}%`.padStart(4);
  return `  ${percent}  ${name}  ${formatBytes(size)}  ${DOING[state]}`.trimEnd();
}
