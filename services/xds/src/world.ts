import type { Change, Verdicts } from "@osm/ads";
import { trustSecret, type Digest, type ResourceRef, type ViewId, type XdsType } from "@osm/model";
import type { ProxyPayload, VerdictPayload, ViewPayload } from "@osm/wire";

/** A view of which every resource is at hand. */
export interface ActiveView {
  readonly payload: ViewPayload;
  readonly listed: Readonly<Record<ListedType, ReadonlyMap<string, ResourceRef>>>;
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
const nothingListed: ActiveView["listed"][ListedType] = new Map();

/** How many resources of views are kept. */
export function sealedCount({ sealed }: World): number {
  return Object.values(sealed).reduce((count, { size }) => count + size, 0);
}

/** What is known by type and name, or by type and version, as one key. */
export function sealedKey(type: XdsType, version: string): string {
  return `${type}/${version}`;
}

type Refs = ViewPayload["resources"][ListedType];
const refsByName = new WeakMap<Refs, ReadonlyMap<string, ResourceRef>>();
const endpointSets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Views that share a list share what is made of it, so that what two views have in common is seen without looking into it. */
export function activate(payload: ViewPayload): ActiveView {
  const byName = (type: ListedType) => madeOnce(refsByName, payload.resources[type], (refs) => new Map(refs.map((ref) => [ref.name, ref])));
  const listed = { CDS: byName("CDS"), ECDS: byName("ECDS"), LDS: byName("LDS"), RDS: byName("RDS"), SDS: byName("SDS") };
  return { payload, listed, endpoints: madeOnce(endpointSets, payload.endpoints, (names) => new Set(names)), instead: nothingInstead, left: nothingLeft };
}

function madeOnce<K extends object, V>(made: WeakMap<K, V>, from: K, make: (from: K) => V): V {
  const value = made.get(from) ?? make(from);
  made.set(from, value);
  return value;
}

/** The version that proxies of the view are to have under a name: the listed one, or what stands in for it. */
export function servedIn(view: ActiveView, type: ListedType, name: string): string {
  const instead = view.instead.size === 0 ? undefined : view.instead.get(sealedKey(type, name));
  return instead ?? view.listed[type].get(name)?.digest ?? "absent";
}

/** A listed secret is sent together with the roots, so its version is made of both. */
export function secretIn({ listed }: ActiveView, name: string, trust: string | undefined): string {
  const digest = listed.SDS.get(name)?.digest;
  return digest === undefined ? "absent" : trust === undefined ? "pending" : `${digest}.${trust}`;
}

/** What a proxy of the first view must be told to become one of the second. */
export function differences(world: World, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  const trust = world.trust?.version;
  const versions = (type: ListedType) => (view: ActiveView, name: string) => (type === "SDS" ? secretIn(view, name, trust) : servedIn(view, type, name));
  return [...listedTypes.flatMap((type) => listedChanges(type, { before, after, versionIn: versions(type) })), ...endpointChanges(world, before, after)];
}

interface Move {
  readonly before: ActiveView | undefined;
  readonly after: ActiveView;
  readonly versionIn: (view: ActiveView, name: string) => string;
}

function listedChanges(type: ListedType, { before, after, versionIn }: Move): readonly Change[] {
  const [old, listed] = [before?.listed[type] ?? nothingListed, after.listed[type]];
  if (old === listed && after.instead.size === 0 && before?.instead.size === 0) return [];
  const changes: Change[] = [];
  const compare = (name: string) => {
    const from = before ? versionIn(before, name) : "absent";
    if (from !== versionIn(after, name)) changes.push({ type, name, from });
  };
  for (const name of old.keys()) compare(name);
  for (const name of listed.keys()) if (!old.has(name)) compare(name);
  return changes;
}

/** What a proxy of a view must be told when other roots are trusted. */
export function trustChanges({ listed }: ActiveView, from: string): readonly Change[] {
  return [{ type: "SDS", name: trustSecret, from }, ...[...listed.SDS].map(([name, { digest }]) => ({ type: "SDS", name, from: `${digest}.${from}` }) as const)];
}

function endpointChanges(world: World, before: ActiveView | undefined, after: ActiveView): readonly Change[] {
  if (before?.endpoints === after.endpoints) return [];
  const standing = (name: string) => world.assignments.get(name)?.version ?? "absent";
  const lost = [...(before?.endpoints ?? [])].filter((name) => !after.endpoints.has(name));
  const gained = [...after.endpoints].filter((name) => !before?.endpoints.has(name));
  return [...lost.map((name) => ({ type: "EDS", name, from: standing(name) }) as const), ...gained.map((name) => ({ type: "EDS", name, from: "absent" }) as const)];
}
