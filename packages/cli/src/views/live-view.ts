import type { FileInFlight, Progress } from '@darkslide/client';
import type { Output } from '../context.ts';
import { formatBytes } from '../units.ts';
import { failureLine, plannedLine, progressLine, retryLine, summaryLines } from './lines.ts';
import type { View } from './view.ts';

/** Transfers shown at once, where the window has room for them. */
const MOST_TRANSFERS = 8;
const BAR = 24;

/**
 * One view on a terminal: an overall bar, the transfers in flight, the last trouble; failures stay above it. Drawn
 * anew for every progress event from the window's size at that moment, so a resize mends itself.
 */
export async function createLiveView(stdout: Output): Promise<View> {
  // Loaded only where there is a terminal: it costs every other command 20 ms.
  const { createLogUpdate } = await import('log-update');
  const screen = createLogUpdate(stdout);
  let trouble = '';
  let confirming = false;

  const draw = (progress: Progress) => {
    const width = Math.max((stdout.columns ?? 80) - 1, 20);
    const room = Math.max(Math.min((stdout.rows ?? 24) - 5, MOST_TRANSFERS), 0);
    const head = confirming ? 'Checking what storage holds …' : progressLine(progress);
    const lines = [
      `${bar(progress.bytes.done / Math.max(progress.bytes.total, 1))} ${head}`,
      ...progress.inFlight.slice(0, room).map(flightLine),
      ...(progress.inFlight.length > room ? [`  … and ${progress.inFlight.length - room} more`] : []),
      ...(trouble ? [trouble] : []),
    ];
    screen(lines.map((line) => clip(line, width)).join('\n'));
  };

  return {
    planned: (plan) => screen.persist(plannedLine(plan)),
    event(event) {
      switch (event.type) {
        case 'progress':
          return draw(event.progress);
        case 'file-finished':
          if (event.result.status === 'failed') screen.persist(`✗ ${failureLine(event.result)}`);
          return;
        case 'retrying':
          trouble = retryLine(event);
          return;
        case 'notice':
          return screen.persist(event.message);
        case 'confirming':
          confirming = true;
          return;
        default:
          return;
      }
    },
    finish(summary) {
      screen.clear();
      screen.done();
      for (const line of summaryLines(summary)) stdout.write(`${line}\n`);
    },
    stop(message) {
      screen.done();
      stdout.write(`${message}\n`);
    },
  };
}

function bar(share: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

const DOING: Record<FileInFlight['state'], string> = {
  checking: 'checking',
  sending: '',
  'waiting-to-retry': 'waiting to try again',
  completing: 'completing',
};

function flightLine({ name, size, sent, state }: FileInFlight): string {
  const percent = `${Math.floor((sent / Math.max(size, 1)) * 100)}%`.padStart(4);
  return `  ${percent}  ${name}  ${formatBytes(size)}  ${DOING[state]}`.trimEnd();
}

const clip = (line: string, width: number) => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
