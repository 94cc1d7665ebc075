import type { ManagedProcess } from "@osm/cli/dev";
import { eventually } from "@osm/testkit";
import { worst, type Attack } from "./hostile/attacks.ts";
import type { ApiGround } from "./kubernetes/api-ground.ts";
import { cut, heal, type Cut } from "./network-cut.ts";
import { standing, type Ground, type Place } from "./place.ts";

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
   * not be known yet. 3 is a known fault of ours: a watcher that has not read the change says all anew after one that has. `any`: proxies that are none
   * of the shop's are served too.
   */
  readonly mostSent?: 3 | "any";
  /** What the mesh stands on; folders of manifests when left out. */
  readonly on?: Ground;
  /** What is to be so before it strikes. */
  readonly prepare?: (place: Place) => Promise<void>;
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
/** Clients of a Kubernetes API wait longer after each failure; its own controllers, which take an endpoint out of its slice, for up to a minute. */
const anApi = 45_000;
const aLongApi = 100_000;

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

const known: readonly Fault[] = [
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

/** All that it takes away from a mesh whose objects come from it is news. */
const api = (deed: (ground: ApiGround) => Promise<void> | void) => async (place: Place) => deed(place.kubernetes());
const killApi = api(({ server }) => server.killApi());
const startApi = api(({ server }) => server.startApi());
const onApi = { row: "Kubernetes API", on: "kubernetes", path: "cut", withinMs: anApi } as const;

async function restartApi(place: Place): Promise<void> {
  await killApi(place);
  await startApi(place);
}

/** Its proxies come to the other server, which has nothing but the keys that it read before to know them by. */
async function killApiAndXds(place: Place): Promise<void> {
  await killApi(place);
  const other = place.process("busy-xds").name === "xds-0" ? "xds-1" : "xds-0";
  await place.process("busy-xds").kill();
  await comeTo(place, other, standing);
}

async function startApiAndXds(place: Place): Promise<void> {
  await Promise.all([startApi(place), place.process("busy-xds").start()]);
}

const hostile = (...ways: readonly Attack[]) => ({
  row: "hostile proxy", strike: (place: Place) => place.attack(ways), mend: (place: Place) => place.endAttack(), path: "stands", withinMs: soon, mostSent: "any",
} as const);

const crowd = Array.from({ length: 4 }, (_, at) => ({ name: `crowd-${at}`, account: "stranger" }));

/** One server has them all. */
async function crowdOne(place: Place): Promise<void> {
  // One after the other: that many Envoys that begin at once are more than a small machine bears.
  for (const each of crowd) place.guests.push(...(await place.shop.start(each)));
  await place.process("xds-1").end();
  await comeTo(place, "xds-0", standing + crowd.length);
}

/** Resolves when a server has so many proxies. */
async function comeTo(place: Place, replica: string, proxies: number): Promise<void> {
  await eventually(async () => {
    if ((await place.proxiesOf(replica)) < proxies) throw new Error(`${replica} has not got ${proxies} proxies`);
  }, { deadlineMs: 60_000 });
}

async function letOneJoin(place: Place): Promise<void> {
  await place.process("xds-1").start();
  await eventually(async () => {
    if ((await place.handedOverBy("xds-0")) === 0) throw new Error("nothing was handed over");
  }, { deadlineMs: 60_000 });
}

async function disperse({ shop, guests }: Place): Promise<void> {
  await Promise.all(guests.splice(0).map((pod) => shop.stop(pod, async () => undefined)));
}

const later: readonly Fault[] = [
  { row: "hand-over", name: "xds-1 joins while xds-0 has all proxies", prepare: crowdOne, strike: letOneJoin, mend: disperse, path: "stands", withinMs: soon, isFirst: true },
  { ...hostile(...worst), name: "in every way at once", isFirst: true },
  ...worst.map((way) => ({ ...hostile(way), name: way })),
  { ...onApi, name: "kube-api killed (-9), later started", strike: killApi, mend: startApi, isFirst: true },
  { ...onApi, name: "kube-api hung (SIGSTOP), later resumed", strike: api(({ server }) => server.holdApi("SIGSTOP")), mend: api(({ server }) => server.holdApi("SIGCONT")) },
  { ...onApi, name: "kube-api restarted", strike: restartApi, mend: async () => undefined, path: "stands" },
  { ...onApi, name: "kube-api cut", strike: api(({ at }) => cut(at)), mend: api(({ at }) => heal(at)) },
  { ...onApi, name: "watcher-0 from kube-api cut", strike: api(({ atOfWatcher }) => cut(atOfWatcher)), mend: api(({ atOfWatcher }) => heal(atOfWatcher)), path: "stands", withinMs: soon },
  { ...onApi, name: "kube-api killed (-9), and busy-xds with it", strike: killApiAndXds, mend: startApiAndXds, withinMs: aLongApi },
  {
    row: "another mesh", name: "it storms on the same NATS and Redis", on: "shared", strike: ({ neighbour }) => neighbour().storm(), mend: ({ neighbour }) => neighbour().calm(),
    path: "stands", withinMs: soon, isFirst: true,
  },
];

/** Those of one ground follow each other. */
export const faults: readonly Fault[] = [...known, ...later];

/** One of each row. */
export const firstFaults = faults.filter(({ isFirst }) => isFirst);
