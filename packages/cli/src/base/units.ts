const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes for people: `1.5 MB`. Decimal, as cards and disks are sold. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Seconds for people: `4.2 s`, `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const FACTORS: Record<string, number> = { '': 1, K: 1e3, M: 1e6, G: 1e9, KI: 1024, MI: 1024 ** 2, GI: 1024 ** 3 };

/** Bytes per second from `500K`, `20M`, `1.5MiB/s`; undefined if the text is not a rate. */
export function parseRate(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*([KMG]?i?)B?(?:\/s)?$/i.exec(text.trim());
  const factor = FACTORS[found?.[2]?.toUpperCase() ?? '?'];
  const rate = Number(found?.[1]) * (factor ?? Number.NaN);
  return rate >= 1 ? rate : undefined;
}

export const plural = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
