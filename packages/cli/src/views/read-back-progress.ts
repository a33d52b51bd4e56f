import type { ReadBackProgress } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { formatBytes } from '../base/units.ts';

/** Time between two reports of progress: on a terminal, and in a log. */
const PROGRESS_INTERVAL_MS = { terminal: 250, log: 10_000 };

/** Reports the progress of reading back on `stderr`: one line that changes on a terminal, else a line from time to time. */
export function reportReadBack(stderr: Output): { onProgress: (progress: ReadBackProgress) => void; end: () => void } {
  const intervalMs = stderr.isTTY ? PROGRESS_INTERVAL_MS.terminal : PROGRESS_INTERVAL_MS.log;
  let reportedAt = performance.now();
  let isOpen = false;
  return {
    onProgress({ files, bytes }) {
      if (performance.now() - reportedAt < intervalMs) return;
      reportedAt = performance.now();
      const count = `${files.done.toLocaleString('en')} of ${files.total.toLocaleString('en')} files`;
      const text = `Read back ${count}, ${formatBytes(bytes.done)} of ${formatBytes(bytes.total)}`;
      stderr.write(stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
      isOpen = stderr.isTTY === true;
    },
    end() {
      if (isOpen) stderr.write('\r\x1b[K');
    },
  };
}
