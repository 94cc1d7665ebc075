/** Runs a job for many triggers: the first starts it at once, those that come meanwhile are merged into one more run. */
export interface Pump {
  trigger(): void;
  /** Resolves when no run is under way or owed; rejects with the error that a run ended with. */
  idle(): Promise<void>;
}

/** A job that fails ends the pump: `failed` gets the error, once. */
export function createPump(job: () => Promise<void>, failed: (error: unknown) => void): Pump {
  let owed = false;
  let running: Promise<void> | undefined;

  const run = async () => {
    while (owed) {
      owed = false;
      await job();
    }
  };
  const start = () => {
    running = run().finally(() => {
      running = undefined;
    });
    running.catch(failed);
  };
  return {
    trigger: () => {
      owed = true;
      if (!running) start();
    },
    idle: async () => {
      await running;
    },
  };
}
