import type { Context } from '../base/context.ts';
import type { View } from '../views/view.ts';

/** Shown if a disk or a network folder that hangs delays the end of a run. */
const STILL_FINISHING = 'Finishing transfers in progress; press Ctrl-C again to quit now.';
const STILL_FINISHING_AFTER_MS = 1000;

/** The first Ctrl-C ends the run in order, the second one ends the process. @param resume how to go on later */
export function interruption(
  context: Context,
  view: View,
  resume: string,
): { signal: AbortSignal; unhook: () => void } {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  let slow: NodeJS.Timeout | undefined;
  const stopListening = context.onInterrupt(() => {
    if (signal.aborted) {
      view.stop(`Stopped. ${resume}`);
      context.leave();
      return;
    }
    slow = setTimeout(() => view.event({ type: 'notice', message: STILL_FINISHING }), STILL_FINISHING_AFTER_MS);
    interrupt.abort(new Error('interrupted'));
  });
  const unhook = () => {
    clearTimeout(slow);
    stopListening();
  };
  return { signal, unhook };
}
