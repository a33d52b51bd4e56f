/**
 * Combines CRCs of consecutive chunks into the CRC of the whole, without the bytes: appending n bytes multiplies
 * the CRC so far by x^8n modulo the polynomial. Same rule as zlib's crc32_combine, for any width.
 */
type Crc = { bits: number; polynomial: bigint };

const CRCS: Record<'CRC32' | 'CRC32C' | 'CRC64NVME', Crc> = {
  CRC32: { bits: 32, polynomial: 0xedb88320n },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** a·b modulo the polynomial; bit order reflected, so the top bit is x^0. */
function multiply(a: bigint, b: bigint, { bits, polynomial }: Crc): bigint {
  let product = 0n;
  let factor = b;
  for (let bit = 1n << BigInt(bits - 1); bit !== 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= factor;
    factor = (factor & 1n) === 0n ? factor >> 1n : (factor >> 1n) ^ polynomial;
  }
  return product;
}

/** Returns x^8n modulo the polynomial, for any n up to 2^53. */
function createShift(crc: Crc): (n: number) => bigint {
  const one = 1n << BigInt(crc.bits - 1);
  const squares = [one >> 8n];
  return (n) => {
    let power = one;
    for (let rest = BigInt(n), exponent = 0; rest !== 0n; rest >>= 1n, exponent += 1) {
      const square = squares[exponent] ?? 0n;
      squares[exponent + 1] ??= multiply(square, square, crc);
      if ((rest & 1n) === 1n) power = multiply(power, square, crc);
    }
    return power;
  };
}

/** Digests are base64 of the big-endian CRC; sizes are bytes. No parts give the CRC of nothing. */
export function combineDigests(
  algorithm: keyof typeof CRCS,
  parts: readonly { digest: string; size: number }[],
): string {
  const crc = CRCS[algorithm];
  const shift = createShift(crc);
  // Parts are nearly all of one size.
  const shifts = new Map<number, bigint>();
  let combined = 0n;
  for (const { digest, size } of parts) {
    const factor = shifts.get(size) ?? shift(size);
    shifts.set(size, factor);
    combined = multiply(combined, factor, crc) ^ BigInt(`0x0${Buffer.from(digest, 'base64').toString('hex')}`);
  }
  return Buffer.from(combined.toString(16).padStart(crc.bits / 4, '0'), 'hex').toString('base64');
}
