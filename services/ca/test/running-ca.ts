import { createMemoryBus, type Bus, type MemoryBus, type WatchEvent } from "@osm/bus";
import { startCa, type CaOptions, type RunningCa } from "@osm/ca";
import { meshName, type Identity } from "@osm/model";
import { createRoot, parseAuthority } from "@osm/pki";
import type { Log } from "@osm/runtime";
import { manualClock, type ManualClock } from "@osm/testkit";
import { decodeJson, encodeJson, signReply, signRequest, subjectsOf } from "@osm/wire";
import type { z } from "zod";

export const mesh = meshName("osm");
export const subjects = subjectsOf(mesh);
export const trustDomain = "cluster.local";
/** A fixed day, in milliseconds. */
export const today = 1_800_000_000_000;
export const dayLong = 86_400;
export const rootPem = await createRoot({ commonName: "osm-ca.openservicemesh.io", trustDomain, now: today / 1000, lifetimeSec: 3650 * dayLong });
export const root = parseAuthority("workloads", rootPem);

export interface Line {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines, and tells of each. */
export function keptLog(onLine: (line: Line) => void = () => undefined): { readonly log: Log; readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const write = (level: keyof Log) => (fields: Line["fields"], message: string) => {
    lines.push({ level, message, fields });
    onLine({ level, message, fields });
  };
  return { log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") }, lines };
}

export interface Bench {
  readonly bus: MemoryBus;
  readonly clock: ManualClock;
  readonly log: Log;
}

export function benchWith(change: Partial<Bench> = {}): Bench {
  const clock = manualClock(today);
  return { bus: createMemoryBus({ clock }), clock, log: keptLog().log, ...change };
}

export async function runningCa(bench: Bench, change: Partial<CaOptions> = {}): Promise<RunningCa> {
  return startCa({ mesh, trustDomain, validitySec: dayLong, root, signal: new AbortController().signal, ...bench, ...change });
}

export interface Question {
  readonly identity: Identity;
  readonly csr: Uint8Array;
  readonly replica?: string;
}

/** Asks as an xDS replica does. */
export async function ask(bus: Bus, { identity, csr, replica = "xds-0" }: Question, timeoutMs = 5000): Promise<z.output<typeof signReply>> {
  const request = { identity, csr: Buffer.from(csr).toString("base64"), replica } satisfies z.input<typeof signRequest>;
  return decodeJson(signReply, await bus.request(subjects.callCaSign, encodeJson(request), { timeoutMs }));
}

/** The first thing that a watch of the trust bundle tells and the test waits for. */
export async function trustEvent(bus: MemoryBus, isIt: (event: WatchEvent) => boolean): Promise<WatchEvent> {
  for await (const event of bus.watch(subjects.trust, { signal: new AbortController().signal })) if (isIt(event)) return event;
  throw new Error("the watch ended");
}
