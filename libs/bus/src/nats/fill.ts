import { sleep, type Log } from "@osm/runtime";
import { BusError } from "../bus.ts";

export interface Fill {
  readonly bytes: number;
  readonly maxBytes: number;
}

interface Filling {
  /** Ends it. */
  readonly closed: AbortSignal;
  /** The stream's. */
  readonly name: string;
  readonly read: () => Promise<Fill>;
  readonly log: Log;
  readonly everyMs?: number;
}

/** From here on a person is told; below the second share the alarm ends. */
const alarmShare = 0.8;
const calmShare = 0.7;
const minute = 60_000;

/** Tells, once each time, that the stream comes near the room it has, and that it no longer does. */
export async function watchFill({ closed, name: stream, read, log, everyMs = minute }: Filling): Promise<void> {
  let isAlarmed = false;
  while (!closed.aborted) {
    const fill = await unlessAway(read);
    const share = fill === undefined || fill.maxBytes <= 0 ? 0 : fill.bytes / fill.maxBytes;
    if (fill !== undefined && share >= (isAlarmed ? calmShare : alarmShare) !== isAlarmed) {
      isAlarmed = !isAlarmed;
      if (isAlarmed) log.error({ stream, ...fill }, "bus stream is nearly full and will refuse writes: raise maxBytes of the bus URL and the account's limit");
      else log.info({ stream, ...fill }, "bus stream has room again");
    }
    await sleep(everyMs, closed);
  }
}

async function unlessAway(read: () => Promise<Fill>): Promise<Fill | undefined> {
  try {
    return await read();
  } catch (err) {
    if (err instanceof BusError) return undefined;
    throw err;
  }
}
