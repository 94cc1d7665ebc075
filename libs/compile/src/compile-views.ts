import type { Digest, Offering, OfferingId, Resource, View, ViewId } from "@osm/model";
import type { AssignmentSlice } from "./assignment-slice.ts";
import { compileOutbound, type OutboundResources } from "./compile-outbound.ts";
import { compileOffering, compileView, inboundOf, meshResources, ownList, type OwnList } from "./compile-view.ts";
import { distinctSlices } from "./endpoints.ts";
import type { ResolvedMesh } from "./resolve-mesh.ts";
import type { OutboundList, ViewSlice } from "./slice/slices.ts";
import { cutView, type CutView } from "./slice/view-slice.ts";
import { made, steady, type Made } from "./stage.ts";

/** All views of a mesh. */
export interface CompiledViews {
  /** What they were made of. */
  readonly of: Pick<ResolvedMesh, "policy" | "proxies">;
  readonly cuts: ReadonlyMap<ViewId, CutView>;
  readonly offerings: ReadonlyMap<OfferingId, Made<Offering>>;
  readonly offered: readonly Offering[];
  /** What every view of the mesh lists. */
  readonly everywhere: Made<readonly Resource[]>;
  /** A view's own, by digest of its inbound side. */
  readonly inbound: ReadonlyMap<Digest, OwnList>;
  readonly outbound: ReadonlyMap<Digest, OutboundResources>;
  readonly views: ReadonlyMap<Digest, View>;
  readonly listed: readonly View[];
  readonly resources: ReadonlyMap<Digest, Resource>;
  /** Distinct, in order of name. */
  readonly assignments: readonly AssignmentSlice[];
}

/** What stood before. Views may come from another process, which left nothing else. */
export interface EarlierViews {
  readonly views: readonly Pick<View, "id" | "doors">[];
  readonly cache: Partial<Pick<CompiledViews, "outbound" | "views">>;
  readonly compiled: CompiledViews | undefined;
}

/** A slice that was compiled before, by its digest, is not compiled again. */
export function compileViews({ policy, proxies }: ResolvedMesh, before: EarlierViews): CompiledViews {
  const { compiled } = before;
  if (compiled && compiled.of.policy === policy && compiled.of.proxies === proxies && compiled.listed === before.views) return compiled;
  const doors = new Map(before.views.map((view) => [view.id, view.doors]));
  const cuts = new Map(proxies.value.classes.map((each) => [each.id, cutView(each, policy.value, { cut: compiled?.cuts.get(each.id), doors: doors.get(each.id) })]));
  const slices = [...cuts.values()].map(({ slice }) => slice.value);
  const everywhere = made(compiled?.everywhere, [policy.value.mesh], () => meshResources(policy.value.mesh));
  const { outbound, offerings } = offersOf(new Set([...cuts.values()].map((cut) => cut.outbound.value)), before);
  const inbound = inboundOfAll(slices, everywhere.value, compiled?.inbound);
  const views = new Map(slices.flatMap((slice) => {
    const own = inbound.get(slice.inbound);
    return own ? [[slice.digest, before.cache.views?.get(slice.digest) ?? compileView(slice, own)] as const] : [];
  }));
  const listed = steady(compiled?.listed, [...views.values()]);
  const offered = steady(compiled?.offered, [...offerings.values()].map(({ value }) => value));
  return { of: { policy, proxies }, cuts, offerings, offered, everywhere, inbound, outbound, views, listed, ...contentOf(outbound, inbound) };
}

function inboundOfAll(slices: readonly ViewSlice[], everywhere: readonly Resource[], before: CompiledViews["inbound"] | undefined): CompiledViews["inbound"] {
  const distinct = new Map(slices.map((slice) => [slice.inbound, slice]));
  return new Map([...distinct].map(([digest, slice]) => [digest, before?.get(digest) ?? ownList([...everywhere, ...inboundOf(slice)])]));
}

/** What each list of service ports comes to; what lists share is compiled once. */
function offersOf(lists: Iterable<OutboundList>, { cache, compiled }: EarlierViews): Pick<CompiledViews, "outbound" | "offerings"> {
  const outbound = new Map<Digest, OutboundResources>();
  const offerings = new Map<OfferingId, Made<Offering>>();
  for (const list of lists) {
    if (offerings.has(list.id)) continue;
    for (const each of list.slices) if (!outbound.has(each.digest)) outbound.set(each.digest, cache.outbound?.get(each.digest) ?? compileOutbound(each));
    offerings.set(list.id, made(compiled?.offerings.get(list.id), [list.digest], () => compileOffering(list, outbound)));
  }
  return { outbound, offerings };
}

function contentOf(outbound: CompiledViews["outbound"], inbound: CompiledViews["inbound"]): Pick<CompiledViews, "resources" | "assignments"> {
  const offers = [...outbound.values()];
  const resources = [...offers.flatMap((each) => each.resources), ...[...inbound.values()].flatMap((each) => each.resources)];
  return {
    resources: new Map(resources.map((resource) => [resource.digest, resource])),
    assignments: distinctSlices(offers.flatMap(({ assignments }) => assignments)),
  };
}
