import type { XdsType } from "@osm/model";

/** A DeltaDiscoveryRequest of a type we serve, reduced to what decides (xDS protocol, "incremental xDS"). */
export interface DeltaRequest {
  readonly type: XdsType;
  /** Empty on a spontaneous request. */
  readonly nonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Only on the first request of a type on a stream: what the proxy holds from before, name → version. */
  readonly initial: ReadonlyMap<string, string>;
  /** Envoy's words when it rejects the response with this nonce; undefined on an ACK. */
  readonly error: string | undefined;
}

/** A response to send, by name and version; the caller adds the bytes. */
export interface DeltaSend {
  readonly type: XdsType;
  readonly nonce: string;
  readonly put: readonly VersionedName[];
  readonly removed: readonly string[];
}

export interface VersionedName {
  readonly name: string;
  readonly version: string;
}

/**
 * What one proxy should have now. Shared by all streams of a view, but for the secrets.
 * A version is opaque to the engine.
 */
export interface Target {
  /** The version that a proxy should have; `absent`: no such thing for it; `pending`: there will be one, do not answer yet. */
  version(type: XdsType, name: string): string;
  /** All names of a type, for wildcard subscriptions. */
  names(type: XdsType): Iterable<string>;
  /**
   * Clusters that must have been ACKed before the named listener, filter or route of this version is sent, and that stay
   * until the proxy has let go of it. Of a cluster: the assignment that it takes its endpoints from. Asked for versions of the past too; undefined: not known (any more).
   * What a version of the target needs is itself in the target.
   */
  needs(type: XdsType, name: string, version: string): readonly string[] | undefined;
}

/** One name whose target changed; `from` is what the target was before (`absent` when there was none). */
export interface Change {
  readonly type: XdsType;
  readonly name: string;
  readonly from: string;
}

export type AdsEvent =
  | { readonly kind: "request"; readonly request: DeltaRequest }
  /** The target moved: `target` given to `step` is the new one, `changes` lists every name that differs. */
  | { readonly kind: "retarget"; readonly changes: readonly Change[] };

/** What Envoy said of a response. */
export interface Answer {
  readonly type: XdsType;
  readonly put: readonly VersionedName[];
  /** Those of `put` that are known to be why it rejected; empty on an ACK, and while it is still being found out. */
  readonly guilty: readonly VersionedName[];
  /** Envoy's words, or undefined when it accepted. */
  readonly error: string | undefined;
}
