import type { PhotoSource } from '@darkslide/photo';

/** A source that reads no range twice, nor one within another. It keeps what it read as long as it lives. */
export function rememberReads({ size, read }: PhotoSource): PhotoSource {
  const kept: { from: number; to: number; bytes: Uint8Array }[] = [];
  return {
    size,
    read: async (from, to) => {
      const whole = kept.find((range) => range.from <= from && to <= range.to);
      if (whole !== undefined) return whole.bytes.subarray(from - whole.from, to - whole.from);
      const bytes = await read(from, to);
      kept.push({ from, to, bytes });
      return bytes;
    },
  };
}
