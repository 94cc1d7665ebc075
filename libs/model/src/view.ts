import type { Digest } from "./digest.ts";
import type { Identity, PodUid } from "./ids.ts";
import type { Resource, XdsType } from "./resource.ts";

declare const viewIdBrand: unique symbol;
/** Names a class of proxies: digest of what makes them one class, shortened to 32 hex digits. */
export type ViewId = string & { readonly [viewIdBrand]: true };

export function viewId(text: string): ViewId {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new TypeError("not a view id");
  return text as ViewId;
}

/** Name and digest of a resource, and the clusters it needs. */
export type ResourceRef = Pick<Resource, "name" | "digest" | "needs">;

declare const offeringIdBrand: unique symbol;
/** Names whom a caller may call: digest of that, shortened to 32 hex digits. */
export type OfferingId = string & { readonly [offeringIdBrand]: true };

export function offeringId(text: string): OfferingId {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new TypeError("not an offering id");
  return text as OfferingId;
}

/** By type, in code-point order of the name. EDS is listed by name alone, since endpoints travel on their own short path. */
export type ListedRefs = Readonly<Record<Exclude<XdsType, "EDS">, readonly ResourceRef[]>>;

/**
 * What the proxies of one class get: what is theirs alone, and their offering. Of SDS only what says whose certificates are
 * taken: roots are added, and keys given, where a stream is served. Both together are closed under reference: a listener's
 * route, filters and such secrets, a route's clusters, a cluster's assignment are in it. They have no name in common.
 */
export interface View {
  readonly id: ViewId;
  /** Digest of the rest: equal views have equal digests, whatever their offering lists. */
  readonly digest: Digest;
  readonly identity: Identity;
  readonly resources: ListedRefs;
  readonly offering: OfferingId;
  /** By container port: who may open connections of bytes. */
  readonly doors: Readonly<Record<string, Door>>;
}

/** What callers with the same rights get of the services that they may call. All their views have it, and none travels with it. */
export interface Offering {
  readonly id: OfferingId;
  /** Digest of the rest. */
  readonly digest: Digest;
  readonly resources: ListedRefs;
  /** Names of assignments, in order. */
  readonly endpoints: readonly string[];
}

/** All that views list: what is their own, then what they are offered, each in order. @throws Error of a view whose offering is not among these. */
export function wholeLists(offerings: Iterable<Offering>): (view: Pick<View, "resources" | "offering">) => Pick<Offering, "resources" | "endpoints"> {
  const byId = new Map([...offerings].map((offering) => [offering.id, offering]));
  return ({ resources: own, offering: id }) => {
    const offering = byId.get(id);
    if (!offering) throw new Error(`there is no offering ${id}`);
    const both = (type: keyof ListedRefs) => [...own[type], ...offering.resources[type]];
    const resources = { CDS: both("CDS"), ECDS: both("ECDS"), LDS: both("LDS"), RDS: both("RDS"), SDS: both("SDS") };
    return { resources, endpoints: offering.endpoints };
  };
}

/**
 * Who may open connections of bytes to a port, and the epoch of that, which moves on when somebody loses the leave. It is the
 * one thing in a view that depends on what was before, so the view carries it.
 */
export interface Door {
  /** Empty before the first loss. */
  readonly epoch: string;
  /** SPIFFE ids in order, or `*` for every workload of the mesh. */
  readonly callers: readonly string[];
}

/** Which view a proxy gets. Known proxies are the only ones a token may speak for. */
export interface ProxyFact {
  readonly uid: PodUid;
  readonly view: ViewId;
  readonly identity: Identity;
  readonly namespace: string;
  readonly pod: string;
}
