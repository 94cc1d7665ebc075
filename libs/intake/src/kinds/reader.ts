import type { Fact, Finding, FindingCode, MeshName, ObjectRef, Staged } from "@osm/model";
import type { z } from "zod";
import { unreadable } from "../unreadable.ts";

/** What decides whether an object belongs to a mesh. */
export interface MeshContext {
  readonly mesh: MeshName;
  /** Namespace of the control plane: the one MeshConfig that counts is there. */
  readonly osmNamespace: string;
  /** Namespaces that say `osm-injection=enabled` and name no mesh are this one's; the mesh of the default name has them when left out. */
  readonly claimsAlias?: boolean;
}

export interface Subject {
  readonly namespace: string;
  readonly name: string;
  readonly ref: ObjectRef;
  readonly mesh: MeshContext;
}

/** How one kind of object becomes a fact. */
export interface Reader {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  /** What is not of the schema yields no fact and says which fields are at fault. */
  readonly read: (object: unknown, subject: Subject) => Staged<Fact | undefined>;
}

interface Definition<S extends z.ZodType> extends Omit<Reader, "read"> {
  readonly schema: S;
  readonly toFact: (object: z.output<S>, subject: Subject) => Staged<Fact | undefined>;
}

export function reader<S extends z.ZodType>({ schema, toFact, ...of }: Definition<S>): Reader {
  return {
    ...of,
    read: (object, subject) => {
      const parsed = schema.safeParse(object);
      return parsed.success ? toFact(parsed.data, subject) : { value: undefined, findings: unreadable(parsed.error, subject.ref) };
    },
  };
}

export function plain(fact: Fact | undefined): Staged<Fact | undefined> {
  return { value: fact, findings: [] };
}

/** A fact, unless there are errors; what made them is not followed by half. */
export function unless(findings: readonly Finding[], fact: () => Fact): Staged<Fact | undefined> {
  return { value: findings.some(({ severity }) => severity === "error") ? undefined : fact(), findings };
}

/** What is found in the fields of one object. */
export function errorsOn(on: ObjectRef): (code: FindingCode, field: string, detail: string) => Finding {
  return (code, field, detail) => ({ code, severity: "error", on, field, detail });
}
