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

/** The state with one observation more. Its argument is untouched. */
export function fold(state: MeshState, observation: Observation, revision: number): MeshState {
  const { kind, namespace, name } = observation.fact ?? observation.gone;
  const names = new Map<string, Fact>(state.facts[kind].get(namespace));
  if (observation.fact) names.set(name, observation.fact);
  else names.delete(name);

  const namespaces = new Map<string, ReadonlyMap<string, Fact>>(state.facts[kind]);
  if (names.size > 0) namespaces.set(namespace, names);
  else namespaces.delete(namespace);
  return { revision, facts: { ...state.facts, [kind]: namespaces } };
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
