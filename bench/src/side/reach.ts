import type { Contestant } from "./contestant.ts";
import type { ClientFleet, Reached } from "./load-client.ts";
import type { ChangeKind } from "./load.ts";
import { usageOf } from "./usage-of.ts";

/** A contestant and its proxies, connected. */
export interface Entrant {
  readonly contestant: Contestant;
  readonly fleet: ClientFleet;
}

/** How one change reached the proxies. */
export interface Reach {
  /** From the change's begin, one a proxy. */
  readonly receivedMs: readonly number[];
  readonly lastAckMs: number;
  readonly bytes: number;
  readonly resources: number;
  /** Of the load client. */
  readonly clientCpuMs: number;
  /** By process. */
  readonly cpuMs: Readonly<Record<string, number>>;
}

/** Makes a change and waits until so many proxies have acknowledged it: all, where nothing is said. */
export async function reachAll({ contestant, fleet }: Entrant, kind: ChangeKind, streams = contestant.proxies.length): Promise<Reach> {
  const watched = { ...contestant.watched(kind), streams };
  const before = await usageBy(contestant);
  let at = 0;
  const reached = await fleet.during(watched, async () => {
    at = await contestant.change(kind);
  });
  return { ...timesOf(reached, at), cpuMs: differenceOf(before, await usageBy(contestant)) };
}

function timesOf({ received, acked, wire, cpuNs }: Reached, at: number): Omit<Reach, "cpuMs"> {
  return {
    receivedMs: received.map((each) => (each - at) / 1e6),
    lastAckMs: (Math.max(...acked) - at) / 1e6,
    bytes: wire.bytes,
    resources: wire.resources,
    clientCpuMs: cpuNs / 1e6,
  };
}

/** CPU milliseconds by process. */
export async function usageBy({ pids }: Contestant): Promise<Readonly<Record<string, number>>> {
  const entries = await Promise.all(Object.entries(pids).map(async ([name, pid]) => [name, (await usageOf([pid])).cpuMs] as const));
  return Object.fromEntries(entries);
}

export function differenceOf(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
}

/** Memory by process, MB. */
export async function residentBy({ pids }: Contestant): Promise<Readonly<Record<string, number>>> {
  const entries = await Promise.all(Object.entries(pids).map(async ([name, pid]) => [name, (await usageOf([pid])).residentMb] as const));
  return Object.fromEntries(entries);
}
