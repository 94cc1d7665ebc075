import { inOrder, type Finding, type MeshState, type ProxyFact, type Staged } from "@osm/model";
import { resolveAccess, type Grants } from "./resolve/access.ts";
import { meshSlice } from "./resolve/mode.ts";
import { resolveSplits, type Splits } from "./resolve/splits.ts";
import { catalog } from "./slice/catalog.ts";
import { neighbourhoods, type ClassifiedPod, type Neighbourhoods } from "./slice/neighbourhood.ts";
import { offer, type Offer } from "./slice/outbound.ts";
import type { CatalogEntry } from "./slice/service-draft.ts";
import type { MeshSlice, ProxyClass } from "./slice/slices.ts";
import type { MeshPolicy } from "./slice/view-slice.ts";
import { made, type Made } from "./stage.ts";

interface Proxies {
  readonly facts: readonly ProxyFact[];
  /** In order of id. */
  readonly classes: readonly ProxyClass[];
  readonly findings: readonly Finding[];
}

/** What the facts of a mesh mean, before it is cut into views. */
export interface ResolvedMesh {
  readonly mesh: Made<MeshSlice>;
  readonly access: Made<Staged<Grants>>;
  readonly splits: Made<Staged<Splits>>;
  readonly places: Neighbourhoods;
  readonly entries: Made<Staged<readonly CatalogEntry[]>>;
  readonly offer: Made<Offer>;
  readonly proxies: Made<Proxies>;
  readonly policy: Made<MeshPolicy>;
}

export function resolveMesh(state: MeshState, trustDomain: string, before: ResolvedMesh | undefined): ResolvedMesh {
  const { facts } = state;
  const mesh = made(before?.mesh, [facts.MeshConfig], () => meshSlice(state));
  const access = made(before?.access, [facts.TrafficTarget, facts.HTTPRouteGroup, facts.TCPRoute, facts.Namespace, trustDomain], (last) => resolveAccess(state, trustDomain, last?.value));
  const splits = made(before?.splits, [facts.TrafficSplit, facts.Service, facts.HTTPRouteGroup], () => resolveSplits(state));
  const places = neighbourhoods(state, trustDomain, before?.places);
  const drafts = [...places.values()].map(({ value }) => value.drafts);
  const entries = made(before?.entries, drafts, () => catalog(drafts.flat()));
  const offered = { entries: entries.value.value, splits: splits.value.value, tls: mesh.value.tls };
  const offers = made(before?.offer, Object.values(offered), (last) => offer(offered, last));
  const classified = inOrder(places, ([namespace]) => `${namespace}/`).map(([, { value }]) => value.classified);
  const proxies = made(before?.proxies, classified, () => proxiesOf(classified.flat()));
  const policy = { mesh: mesh.value, grants: access.value.value, offer: offers.value, trustDomain };
  return { mesh, access, splits, places, entries, offer: offers, proxies, policy: made(before?.policy, Object.values(policy), () => policy) };
}

function proxiesOf(pods: readonly ClassifiedPod[]): Proxies {
  return {
    facts: pods.map(({ proxy }) => proxy),
    classes: inOrder(new Map(pods.map((pod) => [pod.class.id, pod.class])).values(), ({ id }) => id),
    findings: distinctFindings(pods.flatMap(({ findings }) => findings)),
  };
}

/** Pods of one class would all say the same. */
function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.on} ${finding.code} ${finding.field}`, finding])).values()];
}
