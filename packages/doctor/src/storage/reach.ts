import { clockDiagnosis, describeSkew, exchange, MAX_SKEW_SECONDS, storageName } from '@darkslide/server/ports';
import type { Check } from '../check.ts';
import type { Subject } from './subject.ts';

/** Beyond this, links end noticeably too early or too late; seconds. */
const NOTICEABLE_SKEW_SECONDS = 60;

/** Whether anything responds, and what time it has. */
export function reachChecks({ config, endpoint }: Subject): Check[] {
  let skewSeconds: number | undefined;
  return [
    {
      name: 'reach',
      isFoundation: true,
      async ask() {
        ({ skewSeconds } = await exchange(endpoint, { method: 'GET' }));
        return { status: 'ok', message: `${endpoint} responds` };
      },
    },
    {
      name: 'clock',
      async ask() {
        if (skewSeconds === undefined) return { status: 'ok', message: 'The storage tells no time to compare' };
        if (Math.abs(skewSeconds) > MAX_SKEW_SECONDS) {
          const { problem, remedy } = clockDiagnosis(config, skewSeconds);
          return { status: 'wrong', message: problem, remedy };
        }
        if (Math.abs(skewSeconds) > NOTICEABLE_SKEW_SECONDS) {
          const message = `This machine's clock is ${describeSkew(skewSeconds)} that of ${storageName(config, 'within')}`;
          return { status: 'warning', message, remedy: 'set both clocks by NTP, or links end too early or too late' };
        }
        return { status: 'ok', message: 'The clocks agree' };
      },
    },
  ];
}
