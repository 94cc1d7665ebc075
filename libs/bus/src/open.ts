import type { Log } from "@osm/runtime";
import type { Bus } from "./bus.ts";
import { createMemoryBus } from "./memory/memory-bus.ts";

/** How to reach a bus that lives as long as the caller's `await using`. The signal ends the attempt to connect. */
export interface OpenBusOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Connects to the bus of a URL. `memory:` makes one of its own, known to nobody else.
 * @throws Error for a scheme that is not supported; the error names no more of the URL than that.
 */
export async function openBus(url: string, { signal, log }: OpenBusOptions): Promise<Bus> {
  signal.throwIfAborted();
  const scheme = URL.canParse(url) ? new URL(url).protocol : "";
  switch (scheme) {
    case "memory:":
      return createMemoryBus({ log });
    default:
      throw new Error(`no bus behind ${scheme === "" ? "what is no URL" : JSON.stringify(scheme)}; supported is memory:`);
  }
}
