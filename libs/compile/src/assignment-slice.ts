import { digestOfJson } from "@osm/model";
import { assignmentName, splitClusterName } from "./names.ts";
import type { BackendSlice, OutboundSlice, SplitSlice } from "./slice/slices.ts";

/** What an assignment is made of: the pods of one service port, or those of several with their weights. */
export interface AssignmentSlice {
  readonly name: string;
  readonly parts: readonly AssignmentPart[];
}

export interface AssignmentPart {
  readonly backend: BackendSlice;
  /** Its share, in a split; undefined where there is only one part. */
  readonly weight: number | undefined;
}

export function assignmentOf(backend: BackendSlice): AssignmentSlice {
  return { name: assignmentName(backend), parts: [{ backend, weight: undefined }] };
}

/**
 * A split of bytes is told by endpoints alone, so that shifting weights ends no connection (seen on Envoy). Callers who may
 * reach other backends get another one, so its name says which backends it is of.
 */
export function splitAssignment(service: OutboundSlice, { backends }: SplitSlice): AssignmentSlice {
  const some = backends.map(({ weight: _shifts, ...backend }) => backend);
  return {
    name: `${splitClusterName(service)}@${digestOfJson(some).slice(0, 8)}`,
    parts: backends.map(({ weight, ...backend }) => ({ backend, weight })),
  };
}
