import { loadavg } from 'node:os';
import type { Measurement } from '../run.ts';

/** A row that says how busy the machine was; what else runs on it blurs every figure. */
export function watchLoad(): () => Measurement['rows'][number] {
  const before = loadavg();
  return () => {
    const [now = Number.NaN] = loadavg();
    return { side: 'load average', figure: `${before[0]?.toFixed(1)} before, ${now.toFixed(1)} after` };
  };
}
