import type { ServiceSlice } from "./slice/slices.ts";

type ServicePortName = Pick<ServiceSlice, "namespace" | "name" | "port" | "targetPort">;

/** As OSM names it, so that dashboards and habits keep working (osm.md §5.2). */
export function clusterName({ namespace, name, targetPort }: ServicePortName): string {
  return `${namespace}/${name}|${targetPort}`;
}

/** Server name of a service; always of `cluster.local`, whatever the trust domain is called (osm.md §5.2 TRAP). */
export function serverName({ namespace, name }: ServicePortName): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

export function outboundRouteName({ namespace, name, port }: ServicePortName): string {
  return `rds-outbound.${namespace}/${name}|${port}`;
}

export function inboundRouteName(port: number): string {
  return `rds-inbound.${port}`;
}

/** The app behind the sidecar, as every sidecar reaches it: one cluster for each port, the same for all. */
export function localClusterName(port: number): string {
  return `local|${port}`;
}

/** ALPN that carries the client's verdict on the protocol: declared as HTTP. */
export const declaredAlpn = "osm";
