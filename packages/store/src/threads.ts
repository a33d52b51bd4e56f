/** V8's young generation, in MiB, in threads that make little garbage: left alone it grows to three times 16. */
export const HELPER_LIMITS = { maxYoungGenerationSizeMb: 3 };
