import type { XdsType } from "@osm/model";
import type { Change, Target, VersionedName } from "./protocol.ts";

/** A DiscoveryRequest of a type we serve, reduced to what decides (xDS protocol, "state of the world"). */
export interface SotwRequest {
  readonly type: XdsType;
  /** Empty on the first request of a stream. */
  readonly nonce: string;
  /** What the proxy accepted last, on this stream or the one before; empty when it never did. */
  readonly version: string;
  /** All that it wants of the type from now on. */
  readonly names: readonly string[];
  /** Envoy's words when it rejects the response with this nonce; undefined on an ACK. */
  readonly error: string | undefined;
}

/** A response to send; the caller adds the bytes. */
export interface SotwSend {
  readonly type: XdsType;
  readonly nonce: string;
  /** Digest of `holds`. */
  readonly version: string;
  /**
   * All clusters or listeners, or those assignments, filters, routes and secrets that are new to the proxy. Versions of
   * the past are among them while something still needs them.
   */
  readonly resources: readonly VersionedName[];
  /** All that the proxy has of this type, name → version, once it acknowledges. */
  readonly holds: ReadonlyMap<string, string>;
}

export type SotwEvent =
  | { readonly kind: "request"; readonly request: SotwRequest }
  /** As in `AdsEvent`. */
  | { readonly kind: "retarget"; readonly changes: readonly Change[] };

export interface SotwTarget extends Target {
  /**
   * What a version that a proxy brings along stands for (`SotwSend.holds`). Undefined: not known, and the proxy is sent
   * everything of the type.
   */
  recall(type: XdsType, version: string): ReadonlyMap<string, string> | undefined;
}
