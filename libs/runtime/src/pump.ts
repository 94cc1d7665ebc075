/** Runs a job for many triggers: the first starts it at once, those that come meanwhile are merged into one more run. */
export interface Pump {
  trigger(): void;
  /** Resolves when no run is under way or owed; rejects with the error that a run ended with. */
  idle(): Promise<void>;
}

/** A job that fails ends the pump: `failed` gets the error, once. */
export function createPump(job: () => Promise<void>, failed: (error: unknown) => void): Pump {
  let owed = false;
  let isRunning = false;
  let running: Promise<void> | undefined;

  const run = async () => {
    try {
      while (owed) {
        owed = false;
        await job();
      }
    } finally {
      // In one breath with the last look at `owed`: a trigger between the two would be owed for ever.
      isRunning = false;
    }
  };
  const start = () => {
    isRunning = true;
    running = run();
    running.catch(failed);
  };
  return {
    trigger: () => {
      owed = true;
      if (!isRunning) start();
    },
    idle: async () => {
      await running;
    },
  };
}
