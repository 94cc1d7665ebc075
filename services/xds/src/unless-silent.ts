import { BusError } from "@osm/bus";
import { sleep, type Log } from "@osm/runtime";

interface Silence {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when it is time to try once more. */
  readonly again: () => void;
}

const pauseMs = 500;

/** Says something on the bus. One that cannot be reached, or has no room, ends nothing here: streams are served on. */
export async function unlessSilent(say: () => Promise<void>, { log, signal, again }: Silence): Promise<void> {
  try {
    await say();
  } catch (err) {
    if (signal.aborted) return;
    if (!(err instanceof BusError)) throw err;
    log.warn({ err }, "bus refuses, said later");
    await sleep(pauseMs, signal);
    if (!signal.aborted) again();
  }
}
