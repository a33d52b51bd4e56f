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

const FACTORS: Record<string, number> = {
  ...{ '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ KI: 1024, MI: 1024 ** 2, GI: 1024 ** 3, TI: 1024 ** 4 },
};

/** Bytes per second from `500K`, `20M`, `1.5MiB/s`; undefined if the text is not a rate. */
export const parseRate = (text: string): number | undefined => parseBytes(text.trim().replace(/\/s$/i, ''));

/** Bytes from `500K`, `60G`, `1.5GiB`; undefined if the text is something else. */
export function parseBytes(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?)B?$/i.exec(text.trim());
  const factor = FACTORS[found?.[2]?.toUpperCase() ?? '?'];
  const bytes = Number(found?.[1]) * (factor ?? Number.NaN);
  return bytes >= 1 ? bytes : undefined;
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds from `30m`, `12h`, `7d`; undefined if the text is not a duration. */
export function parseDurationSeconds(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text.trim()) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  return seconds >= 1 ? seconds : undefined;
}

export const plural = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
