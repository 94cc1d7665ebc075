import type { Row } from "../report.ts";
import type { Arena } from "./arena.ts";
import type { Contestant } from "./contestant.ts";
import type { ClientFleet, Settled } from "./load-client.ts";
import type { ChangeKind, Load } from "./load.ts";
import { differenceOf, reachAll, residentBy, usageBy, type Entrant, type Reach } from "./reach.ts";
import { quantile, summaryOf, total } from "./summary.ts";

/** Under which name and load something is measured. */
export interface Place {
  readonly bench: string;
  readonly load: Load;
}

/** One contestant is measured, then the next, and again: what else the machine does meets all of them. */
const blocks = 4;
const roundsEach = 20;
const warmUps = 1;

export interface Connecting {
  /** What the fleet is called. */
  readonly name?: string;
  /** How many may lack something at a time; undefined: all connect at once. */
  readonly width?: number;
}

/** Where connecting is not what is measured. */
const orderly: Connecting = { width: 20 };

/** Opens all streams and waits until every proxy has everything. */
export async function connect({ client }: Arena, contestant: Contestant, { name = contestant.name, width }: Connecting = orderly) {
  const idle = await residentBy(contestant);
  const before = await usageBy(contestant);
  const fleet = client.fleet(name, contestant.server, contestant.proxies);
  const settled = await fleet.open(width);
  const spent = { cpuMs: differenceOf(before, await usageBy(contestant)), mb: differenceOf(idle, await residentBy(contestant)) };
  const values = { ...connectValues(settled, total(Object.values(spent.cpuMs))), "MB above idle": total(Object.values(spent.mb)), "MB idle": total(Object.values(idle)), ...eachOf(spent, contestant.proxies.length) };
  const row = (place: Place): Row => rowOf(place, contestant, { what: width === undefined ? "all connect at once" : `connecting, ${width} at a time`, values });
  return { entrant: { contestant, fleet } satisfies Entrant, row, values };
}

interface Spent {
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly mb: Readonly<Record<string, number>>;
}

/** By process, where there are several. */
function eachOf({ cpuMs, mb }: Spent, proxies: number): Row["values"] {
  const names = Object.keys(cpuMs);
  if (names.length === 1) return {};
  return Object.fromEntries(names.flatMap((name) => [[`ms CPU ${name}`, (cpuMs[name] ?? 0) / proxies], [`MB ${name}`, mb[name] ?? 0]]));
}

function connectValues({ startedAt, settledAt, wire, failures }: Settled, cpuMs: number) {
  const ms = settledAt.map((each) => (each - startedAt) / 1e6);
  return {
    "ms until all have everything": Math.max(...ms),
    "ms to a proxy p50": quantile(ms, 0.5),
    "ms CPU a proxy": cpuMs / ms.length,
    "KB a proxy": wire.bytes / ms.length / 1000,
    "resources a proxy": wire.resources / ms.length,
    "attempts failed": failures,
  };
}

export interface Measured {
  readonly what: string;
  readonly reaches: readonly Reach[];
}

/** A number of changes, one after the other. */
export async function changes(entrant: Entrant, kind: ChangeKind, rounds = roundsEach): Promise<Measured> {
  const reaches: Reach[] = [];
  for (let round = 0; round < rounds; round++) reaches.push(await reachAll(entrant, kind));
  return { what: `${kind} changed`, reaches };
}

/** Measures the entrants in turn, block by block. */
export async function* interleaved(place: Place, entrants: readonly Entrant[], measure: (entrant: Entrant) => Promise<Measured>): AsyncIterable<Row> {
  const measured = new Map<Entrant, Measured[]>(entrants.map((entrant) => [entrant, []]));
  for (const entrant of entrants) for (let round = 0; round < warmUps; round++) await measure(entrant);
  for (let block = 0; block < blocks; block++) for (const [entrant, list] of measured) list.push(await measure(entrant));
  for (const [{ contestant }, list] of measured) {
    yield rowOf(place, contestant, { what: list[0]?.what ?? "", values: summaryOf(list.flatMap(({ reaches }) => reaches), place.load.proxies) });
  }
}

/** All connect at once as if for the first time, again and again. */
export async function* storms(place: Place, arena: Arena): AsyncIterable<Row> {
  for (let round = 0; round < blocks; round++) {
    for (const contestant of arena.contestants) {
      const { entrant, row } = await connect(arena, contestant, { name: `${contestant.name} ${round}` });
      await entrant.fleet.close();
      yield row(place);
    }
  }
}

/** All streams end, one endpoint changes meanwhile, and all come back at once with what they hold: that one is all they lack. */
export async function* reconnects(place: Place, arena: Arena): AsyncIterable<Row> {
  const entrants = await connectAll(arena);
  for (let round = 0; round < blocks; round++) {
    for (const { contestant, fleet } of entrants) yield rowOf(place, contestant, { what: "all come back at once", values: await comeBack(contestant, fleet) });
  }
}

async function comeBack(contestant: Contestant, fleet: ClientFleet): Promise<Row["values"]> {
  const streams = contestant.proxies.length;
  await fleet.close();
  await contestant.change("endpoint");
  const before = await usageBy(contestant);
  let startedAt = 0;
  const { received, wire } = await fleet.during({ ...contestant.watched("endpoint"), streams }, async () => {
    ({ startedAt } = await fleet.open());
  });
  const lastMs = (Math.max(...received) - startedAt) / 1e6;
  return {
    "ms until the last has the change": lastMs,
    "proxies a second": (streams * 1000) / lastMs,
    "ms CPU a proxy": total(Object.values(differenceOf(before, await usageBy(contestant)))) / streams,
    "resources a proxy": wire.resources / streams,
    "bytes a proxy": wire.bytes / streams,
  };
}

const slowShare = 0.1;
const slowPauseMs = 1000;

/** One proxy in ten waits a second before each read. What the others see is measured with and without, in turn. */
export async function* slowReaders(place: Place, arena: Arena): AsyncIterable<Row> {
  for (const entrant of await connectAll(arena)) {
    const { contestant, fleet } = entrant;
    const [without, beside]: [Reach[], Reach[]] = [[], []];
    for (let block = 0; block < blocks; block++) {
      for (let round = 0; round < roundsEach; round++) without.push(await reachAll(entrant, "endpoint"));
      const slow = await fleet.slow(slowShare, slowPauseMs);
      for (let round = 0; round < roundsEach; round++) beside.push(await reachAll(entrant, "endpoint", contestant.proxies.length - slow));
      await fleet.slow(0, 0);
    }
    const [p99, p99Beside] = [without, beside].map((reaches) => quantile(reaches.flatMap(({ receivedMs }) => receivedMs), 0.99));
    if (p99 === undefined || p99Beside === undefined) throw new RangeError("nothing was measured");
    yield rowOf(place, contestant, { what: "one in ten reads slowly", values: { "ms p99 of the others": p99Beside, "ms p99 without": p99, "times": p99Beside / p99 } });
  }
}

async function connectAll(arena: Arena): Promise<readonly Entrant[]> {
  const entrants: Entrant[] = [];
  for (const contestant of arena.contestants) entrants.push((await connect(arena, contestant)).entrant);
  return entrants;
}

function rowOf({ bench, load: { proxies, services, endpoints } }: Place, { name }: Contestant, { what, values }: Pick<Row, "what" | "values">): Row {
  return { bench, of: `${proxies} × ${services} × ${endpoints}, ${name}`, what, values };
}
