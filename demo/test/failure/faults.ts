import type { ManagedProcess } from "@osm/cli/dev";
import { cut, heal, type Cut } from "./network-cut.ts";
import type { Place } from "./place.ts";

/** Something that goes wrong, and is mended. */
export interface Fault {
  /** Row of the table of what fails. */
  readonly row: string;
  readonly name: string;
  readonly strike: (place: Place) => Promise<void>;
  readonly mend: (place: Place) => Promise<void>;
  /**
   * `stands`: a change made during the fault takes effect within the time, though nothing is mended. `cut`: its way is cut,
   * and it takes effect within the time after the mending.
   */
  readonly path: "stands" | "cut";
  readonly withinMs: number;
  /**
   * So often may the one route table, and the one set of endpoints, that changed be sent; 2 when left out, for a stream's end may
   * not be known yet. 3 is a known fault of ours: a watcher that has not read the change says all anew after one that has.
   */
  readonly mostSent?: 3;
  /** The one of its row that CI runs. */
  readonly isFirst?: true;
}

/** Names that say which process; `busy-xds` is the server with the most proxies when the round begins. */
type Named = "nats" | "redis" | "watcher-0" | "compiler-0" | "ca-0" | "ca-1" | "busy-xds";

/** An owner that dies is noticed in under 2 s; the rest is for the change itself, on a machine that is busy. */
const soon = 10_000;
/** Envoy leaves a server that is silent for 8 s, and may try it once more before it takes the other. */
const aHang = 25_000;
/** Clients of a bus that is back try again within 5 s. */
const anOutage = 25_000;

const killed = (name: Named) => (place: Place) => place.process(name).kill();
const started = (name: Named) => (place: Place) => place.process(name).start();
const frozen = (name: Named) => async (place: Place) => place.process(name).freeze();
const thawed = (name: Named) => async (place: Place) => place.process(name).thaw();
const kill = (name: Named) => ({ name: `${name} killed (-9), later started`, strike: killed(name), mend: started(name) });
const hang = (name: Named) => ({ name: `${name} hung (SIGSTOP), later resumed`, strike: frozen(name), mend: thawed(name) });
const restart = (name: Named) => ({ name: `${name} restarted`, strike: (place: Place) => again(place.process(name)), mend: async () => undefined });
const severed = (name: string, where: (place: Place) => Cut) => ({
  name: `${name} cut`, strike: (place: Place) => cut(where(place)), mend: (place: Place) => heal(where(place)),
});

const CAs = ["ca-0", "ca-1"] as const;

async function each(names: readonly Named[], place: Place, deed: (name: Named) => (place: Place) => Promise<void>): Promise<void> {
  await Promise.all(names.map((name) => deed(name)(place)));
}

async function again(process: ManagedProcess): Promise<void> {
  await process.end();
  await process.start();
}

async function killAll({ mesh: { replicas, backbone } }: Place): Promise<void> {
  await Promise.all([...replicas, backbone.nats, backbone.redis].map((each) => each.kill()));
}

async function startAll({ mesh: { replicas, backbone } }: Place): Promise<void> {
  await Promise.all([backbone.nats.start(), backbone.redis.start()]);
  await Promise.all(replicas.map((each) => each.start()));
}

async function loseDisk({ mesh: { backbone } }: Place): Promise<void> {
  await backbone.nats.kill();
  await backbone.loseDisk();
}

/** A server that begins while the bus is away: nobody is to be answered by it before it knows the mesh. */
async function startLost(place: Place): Promise<void> {
  await place.process("busy-xds").kill();
  await place.process("nats").kill();
  place.process("busy-xds").launch();
}

export const faults: readonly Fault[] = [
  { row: "NATS", ...kill("nats"), path: "cut", withinMs: anOutage },
  { row: "NATS", name: "nats killed (-9), its disk lost", strike: loseDisk, mend: started("nats"), path: "cut", withinMs: anOutage, mostSent: 3, isFirst: true },
  { row: "NATS", ...hang("nats"), path: "cut", withinMs: anOutage },
  { row: "Redis", ...kill("redis"), path: "stands", withinMs: soon },
  { row: "Redis", ...hang("redis"), path: "stands", withinMs: aHang },
  { row: "Redis", name: "redis flushed, busy-xds restarted on it", strike: (place) => place.flushed(), mend: async () => undefined, path: "stands", withinMs: soon },
  { row: "Redis", name: "redis poisoned, busy-xds restarted on it", strike: (place) => place.poisoned(), mend: async () => undefined, path: "stands", withinMs: soon, isFirst: true },
  { row: "CA", name: "both CAs killed (-9), later started", strike: (place) => each(CAs, place, killed), mend: (place) => each(CAs, place, started), path: "stands", withinMs: soon, isFirst: true },
  { row: "CA", ...kill("ca-0"), path: "stands", withinMs: soon },
  { row: "CA", ...hang("ca-0"), path: "stands", withinMs: soon },
  { row: "CA", ...restart("ca-0"), path: "stands", withinMs: soon },
  { row: "xDS", ...kill("busy-xds"), path: "stands", withinMs: soon },
  { row: "xDS", ...hang("busy-xds"), path: "stands", withinMs: aHang, isFirst: true },
  { row: "xDS", ...restart("busy-xds"), path: "stands", withinMs: soon },
  { row: "new xDS", name: "busy-xds started again while nats is away", strike: startLost, mend: started("nats"), path: "cut", withinMs: anOutage, isFirst: true },
  { row: "watcher", ...kill("watcher-0"), path: "stands", withinMs: soon, isFirst: true },
  { row: "watcher", ...hang("watcher-0"), path: "stands", withinMs: soon },
  { row: "watcher", ...restart("watcher-0"), path: "stands", withinMs: soon },
  { row: "compiler", ...kill("compiler-0"), path: "stands", withinMs: soon },
  { row: "compiler", ...hang("compiler-0"), path: "stands", withinMs: soon, isFirst: true },
  { row: "compiler", ...restart("compiler-0"), path: "stands", withinMs: soon },
  { row: "network", ...severed("compiler-0 from nats", ({ natsOf }) => natsOf("compiler-0")), path: "stands", withinMs: soon },
  { row: "network", ...severed("watcher-0 from nats", ({ natsOf }) => natsOf("watcher-0")), path: "stands", withinMs: soon },
  { row: "network", ...severed("ca-0 from nats", ({ natsOf }) => natsOf("ca-0")), path: "stands", withinMs: soon },
  { row: "network", ...severed("busy-xds from nats", ({ natsOf }) => natsOf("busy-xds")), path: "cut", withinMs: anOutage },
  { row: "network", ...severed("busy-xds from redis", ({ redisOf }) => redisOf("busy-xds")), path: "stands", withinMs: aHang },
  { row: "network", ...severed("proxies from busy-xds", ({ xdsAt }) => xdsAt("busy-xds")), path: "stands", withinMs: aHang, isFirst: true },
  { row: "all", name: "all processes killed (-9), later started", strike: killAll, mend: startAll, path: "cut", withinMs: 90_000, isFirst: true },
];

/** One of each row. */
export const firstFaults = faults.filter(({ isFirst }) => isFirst);
