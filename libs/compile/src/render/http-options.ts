import { HttpProtocolOptionsSchema, packAny } from "@osm/envoy-api";
import { seconds } from "./address.ts";

interface Connections {
  /** How long one is kept that nobody uses; Envoy's own hour when left out. */
  readonly idleSec?: number;
}

/** The version that the app spoke goes on: forcing HTTP/2 breaks apps that speak HTTP/1.1 alone. */
export function asDownstreamSpoke({ idleSec }: Connections = {}) {
  const options = { ...(idleSec === undefined ? {} : { commonHttpProtocolOptions: { idleTimeout: seconds(idleSec) } }), upstreamProtocolOptions: { case: "useDownstreamProtocolConfig", value: { httpProtocolOptions: {}, http2ProtocolOptions: {} } } } as const;
  return { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": packAny(HttpProtocolOptionsSchema, options) };
}

/** No limit of Envoy's own making: a user sets one where it is wanted (OSM §5.11). */
const unlimited = 4_294_967_295;
export const noBreakers = {
  thresholds: [{ maxConnections: unlimited, maxPendingRequests: unlimited, maxRequests: unlimited, maxRetries: unlimited, trackRemaining: true }],
};
