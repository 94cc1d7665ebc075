/** Runs jobs one after the other, in the order in which they were given. One that fails does not stop those after it. */
export function createTurns(): (job: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (job) => {
    const done = last.then(job);
    last = done.catch(() => undefined);
    return done;
  };
}
