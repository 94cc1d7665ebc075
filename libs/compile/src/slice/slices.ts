import type { AppProtocol, Digest, HttpMatch, Identity, SpiffeId, ViewId } from "@osm/model";

/** All that the shared resources of one service port may depend on. */
export interface ServiceSlice {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** As the service writes it: a number, or the name of a container port. */
  readonly targetPort: number | string;
  readonly addresses: readonly string[];
  /** Who may answer: the accounts of the pods behind the service. Never empty. */
  readonly servers: readonly SpiffeId[];
  /** Digest of the rest. */
  readonly digest: Digest;
}

/** A container port that services of the mesh lead to. */
export interface InboundPort {
  readonly port: number;
  readonly protocol: AppProtocol;
}

/** One policy's grant: these callers, any of these requests. */
export interface Grant {
  /** `<namespace>/<name>` of the TrafficTarget. */
  readonly policy: string;
  readonly callers: readonly SpiffeId[];
  readonly http: readonly HttpMatch[];
}

/** What makes proxies one class: they get the same view. */
export interface ProxyClass {
  readonly id: ViewId;
  readonly identity: Identity;
  readonly ports: readonly InboundPort[];
}

/** All that one view's config may depend on; its digest is the cache key. */
export interface ViewSlice {
  readonly class: ProxyClass;
  readonly access: Access;
  readonly outbound: readonly ServiceSlice[];
  readonly digest: Digest;
}

/** Who may call. `permissive`: every workload of the mesh. Without a grant: nobody. */
export type Access = { readonly kind: "permissive" } | { readonly kind: "granted"; readonly grants: readonly Grant[] };
