/** After this many milliseconds of one request's work, the others get their turn. */
const TURN_MS = 20;

const waiting: (() => void)[] = [];

/**
 * Resolves when it is this work's turn. Between two turns the event loop looks at its connections: however many long
 * requests there are, a short one waits for one turn of one of them.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(takeTurn);
  });
}

function takeTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(takeTurn);
}

/** Maps thousands of items, as `map` does, without keeping other requests waiting. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let began = performance.now();
  for (const item of items) {
    results.push(work(item));
    if (performance.now() - began < TURN_MS) continue;
    await nextTurn();
    began = performance.now();
  }
  return results;
}
