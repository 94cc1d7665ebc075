import type { Digest } from "./digest.ts";

/**
 * The xDS types, in the order in which additions are sent (make before break). Filters and secrets go before listeners: a
 * chain that is replaced because of a revocation must not start with the old rules.
 */
export const xdsTypes = ["CDS", "EDS", "ECDS", "SDS", "LDS", "RDS"] as const;
export type XdsType = (typeof xdsTypes)[number];

export const typeUrls = {
  CDS: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  EDS: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  ECDS: "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
  LDS: "type.googleapis.com/envoy.config.listener.v3.Listener",
  RDS: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  SDS: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
} as const satisfies Record<XdsType, string>;

const byUrl = new Map<string, XdsType>(xdsTypes.map((type) => [typeUrls[type], type]));

/** The type behind a type URL, or undefined for one we do not serve. */
export function xdsTypeOf(typeUrl: string): XdsType | undefined {
  return byUrl.get(typeUrl);
}

/** One sealed Envoy resource. Its bytes never change; its digest is its version. Never a private key. */
export interface Resource {
  readonly type: XdsType;
  readonly name: string;
  readonly digest: Digest;
  /** The serialized message itself, as it stands in `Any.value`. */
  readonly bytes: Uint8Array;
  /**
   * Names of the clusters that must be there before this is sent, and stay until it is gone. Of a cluster: the assignment
   * that it takes its endpoints from.
   */
  readonly needs: readonly string[];
}

/** The secret every proxy presents; each has its own. */
export const identitySecret = "identity";
/** The secret that holds the roots of the mesh. */
export const trustSecret = "trust";
