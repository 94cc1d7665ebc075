import type { XdsType } from "@osm/model";
import { xdsTypeOf, xdsTypes } from "@osm/model";

/** One streaming method of the xDS API. */
export interface AdsService {
  /** Of the gRPC method. */
  readonly path: string;
  readonly protocol: "delta" | "sotw";
  /** The one type it serves, or all of them on one stream. */
  readonly serves: XdsType | "all";
}

/** Service and method words per type, under envoy.service and v3. */
const methods = {
  CDS: ["cluster", "ClusterDiscoveryService", "Clusters"],
  EDS: ["endpoint", "EndpointDiscoveryService", "Endpoints"],
  ECDS: ["extension", "ExtensionConfigDiscoveryService", "ExtensionConfigs"],
  LDS: ["listener", "ListenerDiscoveryService", "Listeners"],
  RDS: ["route", "RouteDiscoveryService", "Routes"],
  SDS: ["secret", "SecretDiscoveryService", "Secrets"],
} as const satisfies Record<XdsType, readonly [string, string, string]>;

/**
 * All methods a proxy may open a stream on. Make before break across types is had on the aggregated ones. A stream of one
 * type (`newStream({ alone: true })`) keeps the order within it, never repeats what is held, finds who is guilty of a
 * rejection and never takes away assignments, filters, routes or secrets that are in use; listeners and routes do not wait
 * for clusters there, clusters go at once, and a changed cluster warms with the assignment that Envoy fetches.
 */
export const adsServices: readonly AdsService[] = [
  ...bothProtocols("envoy.service.discovery.v3.AggregatedDiscoveryService", "AggregatedResources", "all"),
  ...xdsTypes.flatMap((type) => {
    const [area, service, noun] = methods[type];
    return bothProtocols(`envoy.service.${area}.v3.${service}`, noun, type);
  }),
];

function bothProtocols(service: string, noun: string, serves: AdsService["serves"]): readonly AdsService[] {
  return [
    { path: `/${service}/Delta${noun}`, protocol: "delta", serves },
    { path: `/${service}/Stream${noun}`, protocol: "sotw", serves },
  ];
}

/** The type that a request on such a stream is about; undefined for one that is not served there. */
export function requestedType({ serves }: AdsService, typeUrl: string): XdsType | undefined {
  if (serves !== "all" && typeUrl === "") return serves;
  const type = xdsTypeOf(typeUrl);
  return serves === "all" || type === serves ? type : undefined;
}
