import type { Bus, WatchEvent } from "@osm/bus";
import type { Clock } from "@osm/runtime";

/** What a process has of the world, and what SIGSTOP and SIGCONT do to it: writes and news wait, timers fire late and once. */
export interface StoppableProcess {
  readonly clock: Clock;
  readonly between: (bus: Bus) => Bus;
  stop(): void;
  /** Stops it on its way to write a subject like this, with the write under way. */
  stopBefore(subject: RegExp): void;
  resume(): void;
}

export function stoppableProcess(clock: Clock): StoppableProcess {
  let running = Promise.resolve();
  let resume: (() => void) | undefined;
  let fatal: RegExp | undefined;
  const stop = () => {
    if (!resume) ({ promise: running, resolve: resume } = Promise.withResolvers<void>());
  };
  const held = async function* (events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
    for await (const event of events) {
      await running;
      yield event;
    }
  };
  return {
    clock: { now: clock.now, schedule: (afterMs, run) => clock.schedule(afterMs, () => void running.then(run)) },
    between: (bus) => ({
      ...bus,
      publish: async (...write) => {
        if (fatal?.test(write[0])) stop();
        await running;
        return bus.publish(...write);
      },
      last: async (subject) => {
        await running;
        return bus.last(subject);
      },
      watch: (filter, options) => held(bus.watch(filter, options)),
    }),
    stop,
    stopBefore: (subject) => void (fatal = subject),
    resume: () => {
      fatal = undefined;
      resume?.();
      resume = undefined;
    },
  };
}
