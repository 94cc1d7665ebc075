import type { Digest, Finding, MeshState, Offering, ProxyFact, Resource, View } from "@osm/model";
import { compileViews, type CompiledViews } from "./compile-views.ts";
import type { OutboundResources } from "./compile-outbound.ts";
import { assignmentsOf, type Assignments } from "./endpoints.ts";
import { resolveMesh, type ResolvedMesh } from "./resolve-mesh.ts";

export interface MeshSettings {
  readonly trustDomain: string;
}

/** Everything a mesh compiles to. Equal facts give equal bytes, whatever order they came in. */
export interface CompiledMesh {
  readonly revision: number;
  readonly views: readonly View[];
  /** What the views are offered, each once. */
  readonly offerings: readonly Offering[];
  readonly proxies: readonly ProxyFact[];
  /** One assignment for each service port that some view leads to. */
  readonly assignments: readonly Resource[];
  /** Every resource that a view or an offering lists, by digest. */
  readonly resources: ReadonlyMap<Digest, Resource>;
  readonly findings: readonly Finding[];
  /** What was made of each slice, for the next compilation. */
  readonly cache: CompileCache;
}

interface CompileCache {
  readonly outbound: ReadonlyMap<Digest, OutboundResources>;
  readonly views: ReadonlyMap<Digest, View>;
  /** What each stage made, beside what it made it of: a stage of which nothing has changed is not run again. */
  readonly stages?: {
    readonly resolved: ResolvedMesh;
    readonly compiled: CompiledViews;
    readonly assignments: Assignments;
  };
}

/** What an earlier compilation, by this process or another, left: its views, and what it made of each slice. */
export interface Earlier extends Partial<Pick<CompiledMesh, "cache">> {
  readonly views: readonly Pick<View, "id" | "doors">[];
}

/**
 * Compiles a mesh. With what was compiled before only that is done which the changed facts touch; the result is the same
 * as without, but for the doors, which know who has lost a right.
 */
export function compileMesh(state: MeshState, settings: MeshSettings, before?: Earlier): CompiledMesh {
  const { views = [], cache } = before ?? {};
  const stages = cache?.stages;
  const resolved = resolveMesh(state, settings.trustDomain, stages?.resolved);
  const compiled = compileViews(resolved, { views, cache: cache ?? {}, compiled: stages?.compiled });
  const assignments = assignmentsOf(compiled.assignments, { state, places: resolved.places }, stages?.assignments);
  return {
    revision: state.revision,
    views: compiled.listed,
    offerings: compiled.offered,
    proxies: resolved.proxies.value.facts,
    assignments: [...assignments.values()].map(({ value }) => value),
    resources: compiled.resources,
    findings: [...resolved.access.value.findings, ...resolved.splits.value.findings, ...resolved.entries.value.findings, ...resolved.proxies.value.findings],
    cache: { outbound: compiled.outbound, views: compiled.views, stages: { resolved, compiled, assignments } },
  };
}
