/** Closes what was made when the work with it is over, as `await using` does, which Node 22 does not have. */
export async function during<Made extends AsyncDisposable, Result>(
  made: Promise<Made>,
  work: (made: Made) => Promise<Result>,
): Promise<Result> {
  const open = await made;
  try {
    return await work(open);
  } finally {
    await open[Symbol.asyncDispose]();
  }
}
