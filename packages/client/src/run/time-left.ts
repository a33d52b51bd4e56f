/** A longer estimate means nothing. */
const MAX_SECONDS_LEFT = 30 * 24 * 3600;

/**
 * The seconds that a run still needs, from what is left and the rate of the last seconds; null where that is unknown.
 * @param bytesLeft bytes of the run's files that storage does not have yet.
 * @param bytesPerSecond undefined until a second was measured.
 */
export function secondsLeft(bytesLeft: number, bytesPerSecond: number | undefined): number | null {
  if (bytesLeft === 0) return 0;
  const seconds = Math.ceil(bytesLeft / (bytesPerSecond ?? 0));
  return seconds <= MAX_SECONDS_LEFT ? seconds : null;
}
