import type { Changed } from "./mesh-lookup.ts";

export interface Bell {
  readonly ring: () => void;
  readonly heard: Changed;
}

/** Wakes all who wait for the next change. */
export function createBell(): Bell {
  let next = Promise.withResolvers<void>();
  return {
    ring: () => {
      next.resolve();
      next = Promise.withResolvers();
    },
    heard: async (signal) => {
      if (signal.aborted) return;
      const ended = Promise.withResolvers<void>();
      const end = (): void => ended.resolve();
      signal.addEventListener("abort", end, { once: true });
      await Promise.race([next.promise, ended.promise]);
      signal.removeEventListener("abort", end);
    },
  };
}
