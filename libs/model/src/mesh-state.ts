import type { Fact, FactKind } from "./fact.ts";

type FactOf<K extends FactKind> = Extract<Fact, { readonly kind: K }>;

/** Where an object of a known kind is found. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Facts of one kind: namespace → name → fact. */
export type FactMap<F> = ReadonlyMap<string, ReadonlyMap<string, F>>;

/** All facts of a mesh. A new fact shares every map it does not touch. */
export interface MeshState {
  /** Sequence number of the newest fact folded in; 0 when there is none. */
  readonly revision: number;
  readonly facts: { readonly [K in FactKind]: FactMap<FactOf<K>> };
}

const none: FactMap<never> = new Map();

export const emptyState: MeshState = {
  revision: 0,
  facts: {
    MeshConfig: none,
    Namespace: none,
    ServiceAccount: none,
    Pod: none,
    Service: none,
    EndpointSlice: none,
    HTTPRouteGroup: none,
    TCPRoute: none,
    TrafficTarget: none,
    TrafficSplit: none,
  },
};

/** One observation: the fact, or that the object is gone. */
export type Observation =
  | { readonly fact: Fact; readonly gone?: never }
  | { readonly fact?: never; readonly gone: { readonly kind: FactKind; readonly namespace: string; readonly name: string } };

/** An observation, and the number it was written under. */
export interface Numbered {
  readonly observation: Observation;
  readonly revision: number;
}

/** The state with one observation more. Its argument is untouched. */
export function fold(state: MeshState, observation: Observation, revision: number): MeshState {
  return foldAll(state, [{ observation, revision }]);
}

/**
 * The state with these observations more, in order. Its argument is untouched. A namespace is copied once, however many of
 * its objects are spoken of: reading a whole mesh costs what it is large.
 */
export function foldAll(state: MeshState, numbered: Iterable<Numbered>): MeshState {
  const copies = new Map<FactKind, Map<string, Map<string, Fact>>>();
  let { revision } = state;
  for (const each of numbered) {
    const { kind, namespace, name } = each.observation.fact ?? each.observation.gone;
    const names = copyOf(copyOf(copies, kind, () => new Map()), namespace, () => new Map<string, Fact>(state.facts[kind].get(namespace)));
    if (each.observation.fact) names.set(name, each.observation.fact);
    else names.delete(name);
    revision = each.revision;
  }
  const touched = [...copies].map(([kind, namespaces]) => [kind, withCopies(state.facts[kind], namespaces)] as const);
  return { revision, facts: { ...state.facts, ...Object.fromEntries(touched) } };
}

function copyOf<K, V>(copies: Map<K, V>, key: K, make: () => V): V {
  const existing = copies.get(key);
  if (existing) return existing;
  const copy = make();
  copies.set(key, copy);
  return copy;
}

function withCopies(before: FactMap<Fact>, copies: FactMap<Fact>): FactMap<Fact> {
  const namespaces = new Map(before);
  for (const [namespace, names] of copies) {
    if (names.size > 0) namespaces.set(namespace, names);
    else namespaces.delete(namespace);
  }
  return namespaces;
}

export function factOf<K extends FactKind>(state: MeshState, kind: K, { namespace, name }: ObjectName): FactOf<K> | undefined {
  return factsIn(state, kind, namespace).get(name);
}

export function factsIn<K extends FactKind>(state: MeshState, kind: K, namespace: string): ReadonlyMap<string, FactOf<K>> {
  const map: FactMap<FactOf<K>> = state.facts[kind];
  return map.get(namespace) ?? new Map<string, FactOf<K>>();
}

/** Every fact of a kind, in no promised order. */
export function* allFacts<K extends FactKind>(state: MeshState, kind: K): Iterable<FactOf<K>> {
  const map: FactMap<FactOf<K>> = state.facts[kind];
  for (const names of map.values()) yield* names.values();
}
