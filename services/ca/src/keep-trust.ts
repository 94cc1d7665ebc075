import { BusError, createWriter, type Bus, type Writer } from "@osm/bus";
import { digestOf } from "@osm/model";
import { backoffMs, noSpan, type Clock, type Gauge, type Log, type Tracer } from "@osm/runtime";
import { originHeaders } from "@osm/wire";

export interface Trust {
  readonly bus: Bus;
  readonly subject: string;
  readonly bundle: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly tracer: Tracer;
  /** 1 while another CA's bundle stands. */
  readonly differs: Gauge<never>;
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
  let standing: Uint8Array | undefined;
  for await (const event of bus.watch(subject, { signal })) {
    switch (event.kind) {
      case "reset":
        // Numbers begin again with the stream, so what the writer knows of the old one would mislead it.
        writer = trustWriter(bus);
        [isCurrent, standing] = [false, undefined];
        break;
      case "entry":
        writer.adopt(event.entry);
        standing = event.entry.bytes;
        noteOther(trust, standing);
        if (isCurrent && standing === undefined) await say(trust, writer, standing);
        break;
      case "current":
        isCurrent = true;
        await say(trust, writer, standing);
        break;
    }
  }
}

function trustWriter(bus: Bus): Writer {
  return createWriter(bus, { sameAs: digestOf, yieldsTo: () => false });
}

function noteOther({ bundle, subject, log, differs }: Trust, standing: Uint8Array | undefined): void {
  const isOther = standing !== undefined && !isSame(standing, bundle);
  differs.set({}, isOther ? 1 : 0);
  if (!isOther) return;
  log.warn({ subject, digest: digestOf(standing) }, "another trust bundle stands");
}

function isSame(standing: Uint8Array | undefined, bundle: Uint8Array): boolean {
  return standing !== undefined && digestOf(standing) === digestOf(bundle);
}

/** Another root is a change of the whole mesh, and has a trace; that the same one is said again is none. */
async function writeBundle({ subject, bundle, clock, tracer }: Trust, writer: Writer, standing: Uint8Array | undefined): Promise<number> {
  if (isSame(standing, bundle)) return writer.write(subject, bundle);
  const span = standing === undefined ? noSpan : tracer.root("ca.trust", { at: clock.now() });
  const seq = await writer.write(subject, bundle, originHeaders({ trace: span.trace, observedAt: standing && clock.now() }));
  span.end({ revision: seq });
  return seq;
}

/** Tries until the bus takes it. */
async function say(trust: Trust, writer: Writer, standing: Uint8Array | undefined): Promise<void> {
  const { subject, bundle, clock, log, signal, said } = trust;
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const seq = await writeBundle(trust, writer, standing);
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
