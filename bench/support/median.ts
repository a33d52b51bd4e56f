/** The middle of the values, or the mean of the two in the middle. @throws {RangeError} where there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const below = sorted[Math.ceil(sorted.length / 2) - 1];
  if (middle === undefined || below === undefined) throw new RangeError('There is no median of nothing.');
  return (middle + below) / 2;
}

/** The value that `percent` of the values do not exceed. @throws {RangeError} where there are no values. */
export function percentile(values: readonly number[], percent: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1];
  if (value === undefined) throw new RangeError('There is no percentile of nothing.');
  return value;
}
