/** For a call of the SDK in a check, all retries together, in milliseconds. */
const DEADLINE_MS = 15_000;

export const within = () => ({ abortSignal: AbortSignal.timeout(DEADLINE_MS) });
