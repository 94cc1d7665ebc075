import type { Fact, MeshName, ObjectRef, Staged } from "@osm/model";
import type { z } from "zod";

/** What decides whether an object belongs to a mesh. */
export interface MeshContext {
  readonly mesh: MeshName;
  /** Namespace of the control plane: the one MeshConfig that counts is there. */
  readonly osmNamespace: string;
}

export interface Subject {
  readonly namespace: string;
  readonly name: string;
  readonly ref: ObjectRef;
  readonly mesh: MeshContext;
}

/** How one kind of object becomes a fact. */
export interface Reader<S extends z.ZodType = z.ZodType> {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly schema: S;
  toFact(object: z.output<S>, subject: Subject): Staged<Fact | undefined>;
}

/** Ties a reader's schema to its function, then forgets which schema it was. */
export function reader<S extends z.ZodType>(definition: Reader<S>): Reader {
  return { ...definition, toFact: (object, subject) => definition.toFact(definition.schema.parse(object), subject) };
}

export function plain(fact: Fact | undefined): Staged<Fact | undefined> {
  return { value: fact, findings: [] };
}
