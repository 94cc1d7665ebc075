import type { Digest, Resource, View, ViewId } from "@osm/model";
import type { AssignmentSlice } from "./assignment-slice.ts";
import { compileOutbound, type OutboundResources } from "./compile-outbound.ts";
import { compileListing, compileView, inboundOf, meshResources, offeredRefs, type CompiledView, type Listing, type OfferedRefs } from "./compile-view.ts";
import { distinctSlices } from "./endpoints.ts";
import type { ResolvedMesh } from "./resolve-mesh.ts";
import type { OutboundList, ViewSlice } from "./slice/slices.ts";
import { cutView, type CutView } from "./slice/view-slice.ts";
import { made, type Made } from "./stage.ts";

/** All views of a mesh. */
export interface CompiledViews {
  /** What they were made of. */
  readonly of: Pick<ResolvedMesh, "policy" | "proxies">;
  readonly cuts: ReadonlyMap<ViewId, CutView>;
  /** By digest of the list. */
  readonly offered: ReadonlyMap<Digest, OfferedRefs>;
  /** What every view of the mesh lists. */
  readonly everywhere: Made<readonly Resource[]>;
  /** A view's own, by digest of its inbound side. */
  readonly inbound: ReadonlyMap<Digest, readonly Resource[]>;
  /** By digest of what is offered, and that of the inbound side. */
  readonly listings: ReadonlyMap<string, Listing>;
  readonly outbound: ReadonlyMap<Digest, OutboundResources>;
  readonly views: ReadonlyMap<Digest, CompiledView>;
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
  const { outbound, offered } = offersOf(new Set(slices.map((slice) => slice.outbound)), before);
  const inbound = inboundOfAll(slices, everywhere.value, compiled?.inbound);
  const listings = listingsOf(slices, { offered, inbound }, compiled?.listings);
  const views = new Map(slices.flatMap((slice) => {
    const listing = listings.get(listingKey(slice));
    return listing ? [[slice.digest, before.cache.views?.get(slice.digest) ?? compileView(slice, listing)] as const] : [];
  }));
  const listed = [...views.values()].map(({ view }) => view);
  return { of: { policy, proxies }, cuts, offered, everywhere, inbound, listings, outbound, views, listed, ...contentOf(outbound, inbound) };
}

function listingKey({ outbound, inbound }: ViewSlice): string {
  return `${outbound.digest} ${inbound}`;
}

function inboundOfAll(slices: readonly ViewSlice[], everywhere: readonly Resource[], before: CompiledViews["inbound"] | undefined): CompiledViews["inbound"] {
  const distinct = new Map(slices.map((slice) => [slice.inbound, slice]));
  return new Map([...distinct].map(([digest, slice]) => [digest, before?.get(digest) ?? [...everywhere, ...inboundOf(slice)]]));
}

function listingsOf(slices: readonly ViewSlice[], { offered, inbound }: Pick<CompiledViews, "offered" | "inbound">, before: CompiledViews["listings"] | undefined): CompiledViews["listings"] {
  const distinct = new Map(slices.map((slice) => [listingKey(slice), slice]));
  return new Map([...distinct].flatMap(([key, slice]) => {
    const [refs, own] = [offered.get(slice.outbound.digest), inbound.get(slice.inbound)];
    return refs && own ? [[key, before?.get(key) ?? compileListing(refs, own)] as const] : [];
  }));
}

/** What each list of service ports comes to; what lists share is compiled once. */
function offersOf(lists: Iterable<OutboundList>, { cache, compiled }: EarlierViews): Pick<CompiledViews, "outbound" | "offered"> {
  const outbound = new Map<Digest, OutboundResources>();
  const offered = new Map<Digest, OfferedRefs>();
  for (const list of lists) {
    for (const each of list.slices) if (!outbound.has(each.digest)) outbound.set(each.digest, cache.outbound?.get(each.digest) ?? compileOutbound(each));
    if (!offered.has(list.digest)) offered.set(list.digest, compiled?.offered.get(list.digest) ?? offeredRefs(list, outbound));
  }
  return { outbound, offered };
}

function contentOf(outbound: CompiledViews["outbound"], inbound: CompiledViews["inbound"]): Pick<CompiledViews, "resources" | "assignments"> {
  const offers = [...outbound.values()];
  const resources = [...offers.flatMap((each) => each.resources), ...[...inbound.values()].flat()];
  return {
    resources: new Map(resources.map((resource) => [resource.digest, resource])),
    assignments: distinctSlices(offers.flatMap(({ assignments }) => assignments)),
  };
}
