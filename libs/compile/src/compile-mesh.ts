import {
  allFacts, inOrder, refOf,
  type Digest, type Finding, type MeshState, type PodFact, type ProxyFact, type Resource, type View,
} from "@osm/model";
import { compileOutbound, type OutboundResources } from "./compile-outbound.ts";
import { compileView, type CompiledView } from "./compile-view.ts";
import { assignmentsOf } from "./endpoints.ts";
import { resolveAccess } from "./resolve/access.ts";
import { meshSlice } from "./resolve/mode.ts";
import { resolveSplits } from "./resolve/splits.ts";
import { catalog } from "./slice/catalog.ts";
import { offer } from "./slice/outbound.ts";
import { classOf } from "./slice/proxy-classes.ts";
import type { OutboundSlice, ProxyClass } from "./slice/slices.ts";
import { sliceView, type MeshPolicy } from "./slice/view-slice.ts";

export interface MeshSettings {
  readonly trustDomain: string;
}

/** Everything a mesh compiles to. Equal facts give equal bytes, whatever order they came in. */
export interface CompiledMesh {
  readonly revision: number;
  readonly views: readonly View[];
  readonly proxies: readonly ProxyFact[];
  /** One assignment for each service port that some view leads to. */
  readonly assignments: readonly Resource[];
  /** Every resource that a view lists, by digest. */
  readonly resources: ReadonlyMap<Digest, Resource>;
  readonly findings: readonly Finding[];
  /** What was made of each slice, for the next compilation. */
  readonly cache: CompileCache;
}

interface CompileCache {
  readonly outbound: ReadonlyMap<Digest, OutboundResources>;
  readonly views: ReadonlyMap<Digest, CompiledView>;
}

/** What an earlier compilation, by this process or another, left: its views, and what it made of each slice. */
export type Earlier = Pick<CompiledMesh, "views"> & Partial<Pick<CompiledMesh, "cache">>;

/** Compiles a mesh; slices that were compiled before, by their digest, are taken from there. */
export function compileMesh(state: MeshState, settings: MeshSettings, before?: Earlier): CompiledMesh {
  const { policy, findings: remarks } = resolvePolicy(state, settings, before);
  const { proxies, classes, findings } = classify(state);
  const slices = classes.map((each) => sliceView(each, policy));
  const outbound = new Map<Digest, OutboundResources>();
  for (const slice of slices) for (const each of slice.outbound) if (!outbound.has(each.digest)) outbound.set(each.digest, reuse(each, before));
  const views = new Map(slices.map((slice) => [slice.digest, before?.cache?.views.get(slice.digest) ?? compileView(slice, outbound)]));
  const resources = [...views.values()].flatMap((compiled) => compiled.resources);
  return {
    revision: state.revision,
    views: [...views.values()].map(({ view }) => view),
    proxies,
    assignments: assignmentsOf(state, [...outbound.values()].flatMap(({ assignments }) => assignments)),
    resources: new Map(resources.map((resource) => [resource.digest, resource])),
    findings: [...remarks, ...findings],
    cache: { outbound, views },
  };
}

function reuse(slice: OutboundSlice, before: Earlier | undefined): OutboundResources {
  return before?.cache?.outbound.get(slice.digest) ?? compileOutbound(slice);
}

function resolvePolicy(state: MeshState, { trustDomain }: MeshSettings, before: Earlier | undefined): { readonly policy: MeshPolicy; readonly findings: readonly Finding[] } {
  const mesh = meshSlice(state);
  const access = resolveAccess(state, trustDomain);
  const splits = resolveSplits(state);
  const entries = catalog(state, trustDomain);
  const doors = new Map((before?.views ?? []).map((view) => [view.id, view.doors]));
  const policy = { mesh, doors, grants: access.value, offer: offer({ entries: entries.value, splits: splits.value, tls: mesh.tls }) };
  return { policy, findings: [...access.findings, ...splits.findings, ...entries.findings] };
}

interface Classified {
  readonly proxies: readonly ProxyFact[];
  readonly classes: readonly ProxyClass[];
  readonly findings: readonly Finding[];
}

function classify(state: MeshState): Classified {
  const pods = inOrder(allFacts(state, "Pod"), refOf).filter(({ meshed }) => meshed);
  const classified = pods.map((pod) => ({ pod, staged: classOf(state, pod) }));
  const classes = new Map(classified.map(({ staged }) => [staged.value.id, staged.value]));
  return {
    proxies: classified.map(({ pod, staged }) => proxyFact(pod, staged.value)),
    classes: inOrder(classes.values(), ({ id }) => id),
    findings: distinctFindings(classified.flatMap(({ staged }) => staged.findings)),
  };
}

function proxyFact({ uid, namespace, name }: PodFact, { id, identity }: ProxyClass): ProxyFact {
  return { uid, view: id, identity, namespace, pod: name };
}

/** Pods of one class would all say the same. */
function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.on} ${finding.code} ${finding.field}`, finding])).values()];
}
