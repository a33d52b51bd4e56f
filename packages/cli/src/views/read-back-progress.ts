import type { ReadBackProgress } from '@darkslide/client';
import type { Output } from '../base/context.ts';
import { formatBytes } from '../base/units.ts';

/** How often progress is told, in milliseconds: on a terminal, and in a log. */
const TELL_MS = { terminal: 250, log: 10_000 };

/** Tells of reading back on `stderr`: one line that changes on a terminal, else a line now and then. */
export function tellReadBack(stderr: Output): { onProgress: (progress: ReadBackProgress) => void; end: () => void } {
  const every = stderr.isTTY ? TELL_MS.terminal : TELL_MS.log;
  let toldAt = performance.now();
  let isOpen = false;
  return {
    onProgress({ files, bytes }) {
      if (performance.now() - toldAt < every) return;
      toldAt = performance.now();
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
