import type { Row } from "../report.ts";
import { openArena, type Setting } from "./arena.ts";
import type { ChangeKind, Load } from "./load.ts";
import { meshesBeside } from "./meshes.ts";
import { changes, connect, interleaved, reconnects, slowReaders, storms } from "./phases.ts";

/** Loads as they are called among those who measure control planes; `few` is ten proxies, `storm` all at once, again and again; `meshes` two of ours on one NATS and Redis. */
export const loadNames = ["L1", "L2", "L3", "L7", "L8", "few", "storm", "meshes"] as const;
export type LoadName = (typeof loadNames)[number];

const wide: Load = { services: 100, endpoints: 10, mode: "permissive", proxies: 1000 };
const both: readonly ChangeKind[] = ["endpoint", "split"];

export function runLoad(name: LoadName, setting: Setting): AsyncIterable<Row> {
  switch (name) {
    case "L1":
      return changing(name, { ...wide, proxies: 100 }, setting);
    case "L2":
      return changing(name, wide, setting);
    case "L3":
      return growing(setting);
    case "few":
      return changing(name, { ...wide, proxies: 10 }, setting);
    case "L7":
      return phased(name, { setting, phase: reconnects });
    case "L8":
      return phased(name, { setting, phase: slowReaders });
    case "storm":
      return phased(name, { setting, phase: storms });
    case "meshes":
      return meshesBeside(name, { ...wide, proxies: 200 });
  }
}

async function* changing(bench: LoadName, load: Load, setting: Setting): AsyncIterable<Row> {
  await using arena = await openArena(load, setting);
  const at = { bench, load };
  const entrants = [];
  for (const contestant of arena.contestants) {
    const { entrant, row } = await connect(arena, contestant);
    yield row(at);
    entrants.push(entrant);
  }
  for (const kind of both) yield* interleaved(at, entrants, (entrant) => changes(entrant, kind));
}

/** The same proxies, with ten times the services. */
async function* growing(setting: Setting): AsyncIterable<Row> {
  for (const services of [100, 1000]) yield* changing("L3", { services, endpoints: 10, mode: "smi", proxies: 200 }, setting);
}

interface Phased {
  readonly setting: Setting;
  readonly phase: typeof storms;
}

async function* phased(bench: LoadName, { setting, phase }: Phased): AsyncIterable<Row> {
  await using arena = await openArena(wide, setting);
  yield* phase({ bench, load: wide }, arena);
}
