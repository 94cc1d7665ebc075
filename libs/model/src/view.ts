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

/**
 * What the proxies of one class get, by name and digest; EDS by name alone, since endpoints travel on their own short path.
 * Of SDS only what says whose certificates are taken: roots are added, and keys given, where a stream is served. Closed under
 * reference: a listener's route, filters and such secrets, a route's clusters, a cluster's assignment are in it.
 * Lists are in code-point order of the name.
 */
export interface View {
  readonly id: ViewId;
  /** Digest of the rest: equal views have equal digests. */
  readonly digest: Digest;
  readonly identity: Identity;
  readonly resources: Readonly<Record<Exclude<XdsType, "EDS">, readonly ResourceRef[]>>;
  readonly endpoints: readonly string[];
  /** By container port: who may open connections of bytes. */
  readonly doors: Readonly<Record<string, Door>>;
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
