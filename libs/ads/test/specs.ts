import fc from "fast-check";
import type { Flaw, Piece, Spec } from "./world.ts";

const clusterNames = ["c1", "c2", "c3", "c4"];
const routeNames = ["r1", "r2"];
const filterNames = ["f1", "f2"];
/** `a` and `A` take the same address, and so do `b` and `B`. */
const listenerNames = ["a", "A", "b", "B", "d"];

const flaws = (flawed: boolean): fc.Arbitrary<Flaw> =>
  flawed
    ? fc.oneof({ weight: 12, arbitrary: fc.constant<Flaw>("none") }, { weight: 1, arbitrary: fc.constantFrom<Flaw>("named", "unnamed", "unreadable") })
    : fc.constant("none");

const piece = (flawed: boolean): fc.Arbitrary<Piece> =>
  fc.record({
    rev: fc.nat(2),
    flaw: flaws(flawed),
    needs: fc.subarray(clusterNames, { maxLength: 2 }),
    route: fc.option(fc.constantFrom(...routeNames), { nil: undefined }),
    filter: fc.option(fc.constantFrom(...filterNames), { nil: undefined }),
  });

const some = (names: readonly string[], flawed: boolean): fc.Arbitrary<ReadonlyMap<string, Piece>> =>
  fc
    .tuple(...names.map((name) => fc.option(piece(flawed).map((one) => [name, one] as const), { nil: undefined, freq: 2 })))
    .map((entries) => new Map(entries.filter((entry) => entry !== undefined)));

const all = (names: readonly string[]): fc.Arbitrary<ReadonlyMap<string, Piece>> =>
  fc.tuple(...names.map((name) => piece(false).map((one) => [name, one] as const))).map((entries) => new Map(entries));

const secret = fc.constantFrom("pending", "s1", "s2");

/** Any world; some of it pending, some of it not to Envoy's taste. */
export const anySpec: fc.Arbitrary<Spec> = fc.record({
  clusters: some(clusterNames, true),
  listeners: some(listenerNames, true),
  routes: some(routeNames, true),
  filters: some(filterNames, true),
  assignments: some(clusterNames, true),
  secrets: fc.record({ trust: secret, identity: secret }).map((secrets) => new Map(Object.entries(secrets))),
});

const secrets: Spec["secrets"] = new Map([["trust", "s1"], ["identity", "s2"]]);

/** A world in which things can become warm, whatever else is wrong with it. */
export const warmableSpec: fc.Arbitrary<Spec> = anySpec.map((spec) => ({ ...spec, secrets }));

/** A world that Envoy can take whole. */
export const soundSpec: fc.Arbitrary<Spec> = fc.record({
  clusters: some(clusterNames, false),
  listeners: some(listenerNames, false),
  routes: some(routeNames, false),
  filters: some(filterNames, false),
  assignments: all(clusterNames),
  secrets: fc.constant(secrets),
});

export type Action =
  | { readonly kind: "to-proxy" | "to-server" | "reconnect" | "drain" | "rest" }
  | { readonly kind: "move"; readonly spec: Spec };

const act = (kind: "to-proxy" | "to-server" | "reconnect" | "drain" | "rest"): fc.Arbitrary<Action> => fc.constant({ kind });

/** Anything in any order, at the pace of the network or much faster. */
export const actions = (specs: fc.Arbitrary<Spec>): fc.Arbitrary<readonly Action[]> =>
  fc.array(
    fc.oneof(
      { weight: 9, arbitrary: act("to-proxy") },
      { weight: 9, arbitrary: act("to-server") },
      { weight: 4, arbitrary: specs.map((spec): Action => ({ kind: "move", spec })) },
      { weight: 1, arbitrary: act("reconnect") },
      { weight: 1, arbitrary: act("drain") },
      { weight: 1, arbitrary: act("rest") },
    ),
    { maxLength: 60, size: "max" },
  );
