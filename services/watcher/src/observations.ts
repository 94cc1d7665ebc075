import { headOf, isRead, parseObject, type MeshContext } from "@osm/intake";
import { objectRef, refOf, refParts, type Fact, type Finding, type ObjectRef } from "@osm/model";
import type { ClusterEvent } from "@osm/kube";

/** Everything seen of the cluster: facts of every namespace, so that one that joins the mesh brings what it has. */
export interface Observations {
  readonly facts: ReadonlyMap<ObjectRef, Fact>;
  /** The mesh's namespaces. */
  readonly members: ReadonlySet<string>;
}

export const nothingSeen: Observations = { facts: new Map(), members: new Set() };

/** What is to be said of one object: its fact, or nothing where it is gone, unreadable, or not of the mesh. */
export interface Statement {
  readonly ref: ObjectRef;
  readonly fact: Fact | undefined;
}

/** What is remarked on one object; an empty list withdraws earlier remarks. */
export interface Remark {
  readonly ref: ObjectRef;
  readonly source: string;
  readonly findings: readonly Finding[];
}

export interface Observed {
  readonly seen: Observations;
  readonly statements: readonly Statement[];
  readonly remarks: readonly Remark[];
}

type ObjectEvent = Extract<ClusterEvent, { readonly kind: "object" | "gone" }>;

/** One event of the cluster, and what follows from it for the mesh. */
export function observe(seen: Observations, event: ObjectEvent, context: MeshContext): Observed {
  const head = event.kind === "gone" ? event.head : headOf(event.object);
  if (!head || !isRead(head)) return { seen, statements: [], remarks: [] };
  const ref = objectRef(head.kind, head.namespace, head.name);
  const { value: fact, findings } = event.kind === "gone" ? { value: undefined, findings: [] } : parseObject(event.object, context);

  const facts = new Map(seen.facts);
  if (fact) facts.set(ref, fact);
  else facts.delete(ref);
  const next = { facts, members: membersOf(seen, ref, fact) };
  const source = event.kind === "gone" ? "" : event.source;
  return { seen: next, statements: statementsOf(next, ref), remarks: [{ ref, source, findings }] };
}

/** The facts that count: of the mesh's namespaces, and its own configuration. */
export function factsOfMesh(seen: Observations): readonly Fact[] {
  return [...seen.facts.values()].filter((fact) => isOfMesh(seen, fact));
}

function membersOf({ members }: Observations, ref: ObjectRef, fact: Fact | undefined): ReadonlySet<string> {
  const { kind, name } = refParts(ref);
  if (kind !== "Namespace" || members.has(name) === (fact !== undefined)) return members;
  const next = new Set(members);
  if (fact) next.add(name);
  else next.delete(name);
  return next;
}

/** A namespace speaks for all that is in it: those objects join or leave with it. */
function statementsOf(seen: Observations, ref: ObjectRef): readonly Statement[] {
  const { kind, name } = refParts(ref);
  const inside = kind === "Namespace" ? [...seen.facts.values()].filter(({ namespace }) => namespace === name).map(refOf) : [];
  return [ref, ...inside].map((each) => {
    const fact = seen.facts.get(each);
    return { ref: each, fact: fact && isOfMesh(seen, fact) ? fact : undefined };
  });
}

function isOfMesh({ members }: Observations, fact: Fact): boolean {
  return fact.kind === "Namespace" || fact.kind === "MeshConfig" || members.has(fact.namespace);
}
