import type { AppProtocol, Digest, Door, HttpMatch, Identity, OfferingId, SpiffeId, TlsSettings, ViewId } from "@osm/model";

/** What tells one service port from another. */
export interface ServicePortKey {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** As the service writes it: a number, or the name of a container port. */
  readonly targetPort: number | string;
}

/** Pods behind a service port that a caller may reach. */
export interface BackendSlice extends ServicePortKey {
  /** Who may answer; never empty. */
  readonly servers: readonly SpiffeId[];
  /** Accounts of the pods that count, where that is not all of them. */
  readonly only: readonly string[] | undefined;
}

export interface WeightedBackend extends BackendSlice {
  /** Never zero. */
  readonly weight: number;
}

/** How calls are shared out. With matches, only the requests that fit one of them; the rest goes to the service itself. */
export interface SplitSlice {
  readonly matches: readonly HttpMatch[];
  readonly backends: readonly WeightedBackend[];
}

/** All that the resources of one service port may depend on, as the callers with the same rights see it. */
export interface OutboundSlice extends ServicePortKey {
  readonly protocol: AppProtocol;
  readonly headless: boolean;
  /** `<ip> <port>` where it is called: its own address, or those of its pods when it is headless. */
  readonly addresses: readonly string[];
  /** Its own pods; undefined where the caller may reach none of them. */
  readonly self: BackendSlice | undefined;
  readonly split: SplitSlice | undefined;
  readonly tls: TlsSettings;
  /** Digest of the rest. */
  readonly digest: Digest;
}

/** The service ports that a caller may call; callers with the same rights share one list. */
export interface OutboundList {
  /** Says which rights. */
  readonly id: OfferingId;
  readonly slices: readonly OutboundSlice[];
  /** Digest of theirs. */
  readonly digest: Digest;
}

/** A container port that services of the mesh lead to. */
export interface InboundPort {
  readonly port: number;
  readonly protocol: AppProtocol;
}

/** One policy's grant: these callers, any of these requests, or connections to these ports. */
export interface Grant {
  /** `<namespace>/<name>` of the TrafficTarget. */
  readonly policy: string;
  readonly callers: readonly SpiffeId[];
  readonly http: readonly HttpMatch[];
  readonly tcp: TcpGrant;
}

/** Container ports that are open as bytes. HTTP rules open none (design: a byte stream could carry any request). */
export type TcpGrant = { readonly kind: "none" } | { readonly kind: "every-port" } | { readonly kind: "ports"; readonly ports: readonly number[] };

/** What makes proxies one class: they get the same view. */
export interface ProxyClass {
  readonly id: ViewId;
  readonly identity: Identity;
  readonly ports: readonly InboundPort[];
  /** Whether their pods have an IPv6 address, as observed; only then do they listen on IPv6 and know services by it. */
  readonly ipv6: boolean;
}

/** Who may call. `permissive`: every workload of the mesh. Without a grant: nobody. */
export type Access = { readonly kind: "permissive" } | { readonly kind: "granted"; readonly grants: readonly Grant[] };

/** What the whole mesh is set to. */
export interface MeshSlice {
  readonly permissive: boolean;
  readonly egress: boolean;
  readonly tls: TlsSettings;
}

/** All that one view's config may depend on; its digest is the cache key. */
export interface ViewSlice {
  readonly class: ProxyClass;
  readonly access: Access;
  readonly mesh: MeshSlice;
  readonly offering: OfferingId;
  readonly doors: Readonly<Record<string, Door>>;
  /** Digest of what the inbound side depends on: of all but who the proxies are and whom they call. */
  readonly inbound: Digest;
  readonly digest: Digest;
}
