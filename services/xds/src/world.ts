import type { Change, Verdicts } from "@osm/ads";
import type { Digest, ResourceRef, ViewId, XdsType } from "@osm/model";
import type { ProxyPayload, VerdictPayload, ViewPayload } from "@osm/wire";

/** A view of which every resource is at hand. */
export interface ActiveView {
  readonly payload: ViewPayload;
  readonly listed: Readonly<Record<ListedType, ReadonlyMap<string, ResourceRef>>>;
  readonly endpoints: ReadonlySet<string>;
  /** By `sealedKey` of type and name: the version that is served in place of a listed one that an Envoy rejected, or `pending`. */
  readonly instead: ReadonlyMap<string, string>;
}

/** The types whose resources a view lists by digest. */
export const listedTypes = ["CDS", "ECDS", "LDS", "RDS"] as const satisfies readonly XdsType[];
export type ListedType = (typeof listedTypes)[number];

export function isListedType(type: XdsType): type is ListedType {
  return listedTypes.some((each) => each === type);
}

/** A resource as it goes into a response. */
export interface Sealed {
  readonly version: string;
  readonly bytes: Uint8Array;
}

export interface Trust extends Sealed {
  readonly issuer: Digest;
}

/** All that a replica knows of its mesh. The maps are filled by the loops that read the bus. */
export interface World {
  readonly views: Map<ViewId, ActiveView>;
  readonly proxies: Map<string, ProxyPayload>;
  readonly assignments: Map<string, Sealed>;
  /** Assignments that were withdrawn. They stay for the streams that serve from them. */
  readonly withdrawn: Set<string>;
  /** Sealed resources of views, by `sealedKey`. */
  readonly sealed: Map<string, { readonly bytes: Uint8Array; readonly needs: readonly string[] }>;
  /** What the proxies of each view taught about its versions. */
  readonly verdicts: Map<ViewId, Verdicts>;
  /** Versions that some Envoy rejected, by `sealedKey`. */
  readonly rejected: Map<string, VerdictPayload>;
  /** The roots, once known. */
  trust: Trust | undefined;
}

export function newWorld(): World {
  return {
    views: new Map(), proxies: new Map(), assignments: new Map(), withdrawn: new Set(), sealed: new Map(), verdicts: new Map(), rejected: new Map(),
    trust: undefined,
  };
}

const nothingInstead: ActiveView["instead"] = new Map();

/** Equal bytes may mean different things in two types, so the type is part of the key. */
export function sealedKey(type: XdsType, version: string): string {
  return `${type}/${version}`;
}

export function activate(payload: ViewPayload): ActiveView {
  const byName = (type: ListedType) => new Map(payload.resources[type].map((ref) => [ref.name, ref]));
  const listed = { CDS: byName("CDS"), ECDS: byName("ECDS"), LDS: byName("LDS"), RDS: byName("RDS") };
  return { payload, listed, endpoints: new Set(payload.endpoints), instead: nothingInstead };
}

/** The version that proxies of the view are to have under a name: the listed one, or what stands in for it. */
export function servedIn(view: ActiveView, type: ListedType, name: string): string {
  const instead = view.instead.size === 0 ? undefined : view.instead.get(sealedKey(type, name));
  return instead ?? view.listed[type].get(name)?.digest ?? "absent";
}

/** What a proxy of the first view must be told to become one of the second. */
export function differences(world: World, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  return [...listedTypes.flatMap((type) => listedChanges(type, before, after)), ...endpointChanges(world, before, after)];
}

function listedChanges(type: ListedType, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  const names = new Set([...(before?.listed[type].keys() ?? []), ...after.listed[type].keys()]);
  return [...names].flatMap((name) => {
    const from = before ? servedIn(before, type, name) : "absent";
    return from === servedIn(after, type, name) ? [] : [{ type, name, from }];
  });
}

function endpointChanges(world: World, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  const standing = (name: string) => world.assignments.get(name)?.version ?? "absent";
  const lost = [...(before?.endpoints ?? [])].filter((name) => !after.endpoints.has(name));
  const gained = [...after.endpoints].filter((name) => !before?.endpoints.has(name));
  return [...lost.map((name) => ({ type: "EDS", name, from: standing(name) }) as const), ...gained.map((name) => ({ type: "EDS", name, from: "absent" }) as const)];
}
