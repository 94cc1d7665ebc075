import { BusError, createWriter, type Bus, type Writer } from "@osm/bus";
import { digestOf } from "@osm/model";
import { backoffMs, type Clock, type Log } from "@osm/runtime";

export interface Trust {
  readonly bus: Bus;
  readonly subject: string;
  readonly bundle: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called each time it is known that the bundle stands. */
  readonly said: () => void;
}

const backoff = { firstMs: 100, maxMs: 5000 };

/**
 * Keeps the trust bundle on the bus until the signal aborts: says it at the start, and again when it was withdrawn or the
 * stream was lost. One that another CA says later is left alone: two with different roots must not take turns.
 */
export async function keepTrust(trust: Trust): Promise<void> {
  const { bus, subject, signal } = trust;
  let writer = trustWriter(bus);
  let isCurrent = false;
  for await (const event of bus.watch(subject, { signal })) {
    switch (event.kind) {
      case "reset":
        // Numbers begin again with the stream, so what the writer knows of the old one would mislead it.
        writer = trustWriter(bus);
        isCurrent = false;
        break;
      case "entry":
        writer.adopt(event.entry);
        noteOther(trust, event.entry.bytes);
        if (isCurrent && event.entry.bytes === undefined) await say(trust, writer);
        break;
      case "current":
        isCurrent = true;
        await say(trust, writer);
        break;
    }
  }
}

function trustWriter(bus: Bus): Writer {
  return createWriter(bus, { sameAs: digestOf, yieldsTo: () => false });
}

function noteOther({ bundle, subject, log }: Trust, standing: Uint8Array | undefined): void {
  if (standing === undefined || digestOf(standing) === digestOf(bundle)) return;
  log.warn({ subject, digest: digestOf(standing) }, "another trust bundle stands");
}

/** Tries until the bus takes it. */
async function say({ subject, bundle, clock, log, signal, said }: Trust, writer: Writer): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const seq = await writer.write(subject, bundle);
      log.info({ subject, seq, digest: digestOf(bundle) }, "trust bundle stands");
      return said();
    } catch (err) {
      if (!(err instanceof BusError)) throw err;
      log.warn({ subject, err, failures }, "trust bundle not written yet");
    }
    await pause(clock, backoffMs(backoff, failures, Math.random()), signal);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancel = clock.schedule(ms, over.resolve);
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  await over.promise;
  cancel();
}
