import type { Verdicts } from "@osm/ads";
import type { Digest, ResourceRef, ViewId, XdsType } from "@osm/model";
import type { ProxyPayload, VerdictPayload } from "@osm/wire";
import { refIn, type Listing } from "./listing.ts";
import type { Standing } from "./said-views.ts";

type Listed = Readonly<Record<ListedType, Listing>>;

/** A view as compilers said it, put together with its offering. */
export interface JoinedView extends Standing {
  readonly id: ViewId;
  readonly listed: Listed;
  readonly endpoints: ReadonlySet<string>;
}

/** A view of which every resource is at hand. */
export interface ActiveView {
  readonly payload: JoinedView;
  readonly listed: Listed;
  readonly endpoints: ReadonlySet<string>;
  /** By `sealedKey` of type and name: the version that is served in place of a listed one that an Envoy rejected, or `pending`. */
  readonly instead: ReadonlyMap<string, string>;
  /** What the view lists no more, though a sound version of something that it lists in another one needs it. */
  readonly left: readonly LeftResource[];
}

export interface LeftResource extends ResourceRef {
  readonly type: JudgedType;
}

/** The types whose resources a view lists by digest. */
export const listedTypes = ["CDS", "ECDS", "SDS", "LDS", "RDS"] as const satisfies readonly XdsType[];
export type ListedType = (typeof listedTypes)[number];

/**
 * Those of which an earlier version may stand in for a rejected one. Never so a secret: it is the lock that a revocation turns,
 * and where the newest is refused a door stays as it is for who has one, and shut for who comes.
 */
const judgedTypes = ["CDS", "ECDS", "LDS", "RDS"] as const satisfies readonly ListedType[];
export type JudgedType = (typeof judgedTypes)[number];

export function isJudgedType(type: XdsType): type is JudgedType {
  return judgedTypes.some((each) => each === type);
}

/** A resource as it goes into a response. */
export interface Sealed {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** A resource of a view, with the names of those that it refers to. */
export interface SealedResource {
  readonly bytes: Uint8Array;
  readonly needs: readonly string[];
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
  /** Sealed resources of views, by type and version: equal bytes may mean different things in two types. */
  readonly sealed: Readonly<Record<XdsType, Map<string, SealedResource>>>;
  /** What the proxies of each view taught about its versions. */
  readonly verdicts: Map<ViewId, Verdicts>;
  /** Versions that some Envoy rejected, by `sealedKey`. */
  readonly rejected: Map<string, VerdictPayload>;
  /** The roots, once known. */
  trust: Trust | undefined;
}

export function newWorld(): World {
  return {
    views: new Map(), proxies: new Map(), assignments: new Map(), withdrawn: new Set(), verdicts: new Map(), rejected: new Map(),
    sealed: { CDS: new Map(), EDS: new Map(), ECDS: new Map(), LDS: new Map(), RDS: new Map(), SDS: new Map() },
    trust: undefined,
  };
}

const nothingInstead: ActiveView["instead"] = new Map();
const nothingLeft: ActiveView["left"] = [];

/** How many resources of views are kept. */
export function sealedCount({ sealed }: World): number {
  return Object.values(sealed).reduce((count, { size }) => count + size, 0);
}

/** What is known by type and name, or by type and version, as one key. */
export function sealedKey(type: XdsType, version: string): string {
  return `${type}/${version}`;
}

export function activate(payload: JoinedView): ActiveView {
  const { listed, endpoints } = payload;
  return { payload, listed, endpoints, instead: nothingInstead, left: nothingLeft };
}

/** The version that proxies of the view are to have under a name: the listed one, or what stands in for it. */
export function servedIn(view: ActiveView, type: ListedType, name: string): string {
  const instead = view.instead.size === 0 ? undefined : view.instead.get(sealedKey(type, name));
  return instead ?? refIn(view.listed[type], name)?.digest ?? "absent";
}

/** What serves in place of what the view lists of a type, by name. */
export function standInsOf({ instead }: ActiveView, type: ListedType): readonly (readonly [name: string, version: string])[] {
  const prefix = sealedKey(type, "");
  return [...instead].filter(([key]) => key.startsWith(prefix)).map(([key, version]) => [key.slice(prefix.length), version] as const);
}

/** A listed secret is sent together with the roots, so its version is made of both. */
export function secretIn({ listed }: ActiveView, name: string, trust: string | undefined): string {
  const digest = refIn(listed.SDS, name)?.digest;
  return digest === undefined ? "absent" : trust === undefined ? "pending" : `${digest}.${trust}`;
}
