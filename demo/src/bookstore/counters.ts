import type { Pod } from "@osm/sandbox";
import { z } from "zod";

/** What an app of the demo has counted since it started, or since it was told to count anew. */
export interface AppCounters {
  readonly app: string;
  /** Of a bookstore: its version. */
  readonly identity: string;
  readonly counters: Readonly<Record<string, number>>;
  /** How often each status, or error code, was the answer to a call. All but 2xx are in `counters.refused` too. */
  readonly answers: Readonly<Record<string, number>>;
}

const numbers = z.record(z.string(), z.number());
const counted = z.object({ app: z.string(), identity: z.string(), counters: numbers, answers: numbers });

/** Where each app shows its counters; on the pod's own loopback no sidecar stands before it. */
const port = 14_001;

export async function readCounters(pod: Pod): Promise<AppCounters> {
  return counted.parse(JSON.parse(await pod.fetch({ port, method: "GET", path: "/counters" })));
}

export async function resetCounters(pod: Pod): Promise<void> {
  await pod.fetch({ port, method: "POST", path: "/reset" });
}

/** One line a name: pods of several versions of an app count apart, replicas of one count together. */
export function sumByIdentity(all: readonly AppCounters[]): readonly AppCounters[] {
  const groups = Map.groupBy(all, ({ app, identity }) => `${app}/${identity}`);
  return [...groups.values()].flatMap(([first, ...others]) => (first ? [others.reduce(sumOf, first)] : []));
}

function sumOf(a: AppCounters, b: AppCounters): AppCounters {
  return { ...a, counters: added(a.counters, b.counters), answers: added(a.answers, b.answers) };
}

function added(a: AppCounters["counters"], b: AppCounters["counters"]): AppCounters["counters"] {
  return Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
