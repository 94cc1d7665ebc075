import { compileMesh, type CompiledMesh } from "@osm/compile";
import { fold, type Fact, type MeshState } from "@osm/model";
import { median, timed, type Row } from "./report.ts";
import { podFact, shopFacts, sliceFact, stateOf, targetFact, workloadFacts, type Mode, type Shop } from "./shop.ts";

const settings = { trustDomain: "cluster.local" };
const rounds = 7;

/** What is changed, and how: each round is another change of the same kind. */
const changes: Readonly<Record<string, (shop: Shop, round: number) => readonly Fact[]>> = {
  "EndpointSlice changed": (_shop, round) => [sliceFact(7, 1 + (round % 2))],
  "Pod added": (_shop, round) => [podFact(7, 10 + round)],
  "TrafficTarget edited": ({ services }, round) => [targetFact(7, services, [6, 20 + round])],
  "Service added": ({ services }, round) => workloadFacts(services + round),
};

/** One view of compilation: the whole mesh, then one change after the other on top of it. */
export function* compileRows(sizes: readonly number[]): Iterable<Row> {
  for (const services of sizes) for (const mode of ["permissive", "smi"] as const) yield* rowsOf({ services, mode });
}

function* rowsOf(shop: Shop): Iterable<Row> {
  const folded = timed(() => stateOf(shopFacts(shop)));
  const state = folded.value;
  yield row(shop, "facts folded", folded.ms);
  const first = timed(() => compileMesh(state, settings));
  yield row(shop, "first compile", first.ms);
  yield* sizesOf(shop, first.value);
  const again = timed(() => compileMesh(state, settings, first.value));
  yield row(shop, "nothing changed", again.ms);
  for (const [name, change] of Object.entries(changes)) {
    if (shop.mode === "permissive" && name === "TrafficTarget edited") continue;
    const each = Array.from({ length: rounds }, (_, round) => change(shop, round));
    yield row(shop, name, medianOfChanges({ state, mesh: again.value }, each));
  }
}

interface Compiled {
  readonly state: MeshState;
  readonly mesh: CompiledMesh;
}

function medianOfChanges(start: Compiled, changed: readonly (readonly Fact[])[]): number {
  let { state, mesh } = start;
  return median(changed.map((facts) => {
    state = facts.reduce((folded, fact) => fold(folded, { fact }, folded.revision + 1), state);
    const { value, ms } = timed(() => compileMesh(state, settings, mesh));
    mesh = value;
    return ms;
  }));
}

function* sizesOf(shop: Shop, { views, offerings, resources, assignments }: CompiledMesh): Iterable<Row> {
  const bytes = [...resources.values(), ...assignments].reduce((sum, each) => sum + each.bytes.length, 0);
  const largest = Math.max(...[...views, ...offerings].map((each) => JSON.stringify(each).length));
  yield { bench: "compile", of: titleOf(shop), what: "bytes of all resources", values: { bytes, "bytes a service": bytes / shop.services } };
  yield { bench: "compile", of: titleOf(shop), what: "largest view or offering", values: { bytes: largest } };
}

function row(shop: Shop, what: string, ms: number): Row {
  return { bench: "compile", of: titleOf(shop), what, values: { ms, "µs a service": (ms * 1000) / shop.services } };
}

function titleOf({ services, mode }: { readonly services: number; readonly mode: Mode }): string {
  return `${services} services, ${mode}`;
}
