import { headOf, isRead, parseObject, type MeshContext, type ObjectHead } from "@osm/intake";
import { factKinds, inOrder, objectRef, type Fact, type FactKind, type Finding, type ObjectRef } from "@osm/model";
import type { ChangeNumber, ClusterEvent } from "@osm/kube";

/** What is to be said of one object. */
export interface Statement {
  readonly ref: ObjectRef;
  /** Undefined where the object is gone, unreadable, or not of the mesh. */
  readonly fact: Fact | undefined;
  /** Where a user finds the object. */
  readonly source: string;
  /** What is remarked on it; an empty list withdraws earlier remarks. */
  readonly findings: readonly Finding[];
  /** How old this is against other changes of the object; undefined: as things stand. */
  readonly at: ChangeNumber | undefined;
}

export type ObjectEvent = Extract<ClusterEvent, { readonly kind: "object" | "gone" }>;

/** Everything seen of a cluster: objects of every namespace, so that one that joins the mesh brings what it has. */
export interface Observations {
  /** Takes in an event. @returns what is to be said of the objects that it touches, in the order in which to say it. */
  observe(event: ObjectEvent): readonly Statement[];
  /** What is to be said of all objects of these kinds; what others refer to comes first. */
  all(kinds: ReadonlySet<FactKind>): readonly Statement[];
  /** Names of the namespaces of the mesh. */
  members(): readonly string[];
  isMember(namespace: string): boolean;
  /** How many objects of the mesh there are, by kind. */
  counts(): ReadonlyMap<string, number>;
}

interface Seen extends Statement {
  readonly head: ObjectHead;
}

export function createObservations(context: MeshContext): Observations {
  /** Namespace → object → what was seen of it. */
  const objects = new Map<string, Map<ObjectRef, Seen>>();
  const members = new Set<string>();

  const isOfMesh = ({ kind, namespace, name }: ObjectHead) => {
    if (kind === "Namespace") return true;
    return kind === "MeshConfig" ? namespace === context.osmNamespace && name === "osm-mesh-config" : members.has(namespace);
  };
  const statementOf = ({ head, ref, fact, source, findings, at }: Seen): Statement =>
    isOfMesh(head) ? { ref, fact, source, findings, at } : { ref, fact: undefined, source: "", findings: [], at };

  const keep = (seen: Seen, isGone: boolean) => {
    const { namespace } = seen.head;
    const inside = objects.get(namespace) ?? new Map<ObjectRef, Seen>();
    if (isGone) inside.delete(seen.ref);
    else inside.set(seen.ref, seen);
    if (inside.size > 0) objects.set(namespace, inside);
    else objects.delete(namespace);
  };
  /** A namespace speaks for all that is in it: those objects join or leave with it. */
  const moved = ({ head, fact }: Seen): readonly Seen[] => {
    if (head.kind !== "Namespace" || members.has(head.name) === (fact !== undefined)) return [];
    if (fact) members.add(head.name);
    else members.delete(head.name);
    return [...(objects.get(head.name)?.values() ?? [])];
  };

  return {
    observe: (event) => {
      const seen = seenIn(event, context);
      if (!seen) return [];
      keep(seen, event.kind === "gone");
      return [seen, ...moved(seen)].map(statementOf);
    },
    members: () => [...members],
    isMember: (namespace) => members.has(namespace),
    counts: () => {
      const counts = new Map<string, number>();
      for (const inside of objects.values()) {
        for (const { head, fact } of inside.values()) if (fact && isOfMesh(head)) counts.set(head.kind, (counts.get(head.kind) ?? 0) + 1);
      }
      return counts;
    },
    all: (kinds) => {
      const isMeant = ({ head }: Seen) => factKinds.some((kind) => kind === head.kind && kinds.has(kind)) && isOfMesh(head);
      const meant = [...objects.values()].flatMap((inside) => [...inside.values()]).filter(isMeant);
      return inOrder(meant, ({ head, ref }) => `${rankOf(head)}/${ref}`).map((each) => ({ ...statementOf(each), at: undefined }));
    },
  };
}

/** Undefined for an object that no mesh reads. */
function seenIn(event: ObjectEvent, context: MeshContext): Seen | undefined {
  const head = event.kind === "gone" ? event.head : headOf(event.object);
  if (!head || !isRead(head)) return undefined;
  const ref = objectRef(head.kind, head.namespace, head.name);
  const { at } = event;
  if (event.kind === "gone") return { head, ref, fact: undefined, source: "", findings: [], at };
  const { value: fact, findings } = parseObject(event.object, context);
  return { head, ref, fact, source: event.source, findings, at };
}

function rankOf({ kind }: ObjectHead): string {
  return String.fromCodePoint(0x61 + factKinds.findIndex((each) => each === kind));
}
