import type { ObjectRef } from "./ids.ts";

/** Each code is one sentence to a user: libs/compile/src/findings.ts holds the words. */
export type FindingCode =
  | "OBJECT_UNREADABLE"
  | "OBJECT_UNSUPPORTED_VERSION"
  | "TARGET_OTHER_NAMESPACE"
  | "TARGET_WITHOUT_RULES"
  | "TARGET_WITHOUT_SOURCES"
  | "TARGET_SOURCE_OUTSIDE"
  | "TARGET_UNSUPPORTED_KIND"
  | "ROUTE_GROUP_MISSING"
  | "ROUTE_MATCH_MISSING"
  | "ROUTE_REGEX_INVALID"
  | "ROUTE_HEADER_REPEATED"
  | "TCP_ROUTE_MISSING"
  | "SPLIT_ROOT_MISSING"
  | "SPLIT_OTHER_NAMESPACE"
  | "SPLIT_BACKEND_MISSING"
  | "SPLIT_BACKEND_WITHOUT_PORT"
  | "SPLIT_WEIGHTS_ZERO"
  | "SPLIT_SHADOWED"
  | "SERVICE_ADDRESS_TAKEN"
  | "SERVICE_PORT_REPEATED"
  | "SERVICE_PORT_SHADOWED"
  | "SERVICE_TARGET_PORT_UNKNOWN"
  | "SERVICE_PROTOCOL_UNKNOWN"
  | "NAMESPACE_LABEL_OF_OTHER_MESH"
  | "MESH_TLS_RANGE_EMPTY"
  | "RESOURCE_REJECTED";

/** A coded remark addressed to a user's object. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: "error" | "warning";
  readonly on: ObjectRef;
  /** Path of the field, as `spec.rules[0].name`; empty when the whole object is meant. */
  readonly field: string;
  /** What is there, for the sentence: a name, a value. Never a secret. */
  readonly detail: string;
}

/** What every stage returns. */
export interface Staged<T> {
  readonly value: T;
  readonly findings: readonly Finding[];
}
