import { trustSecret } from "@osm/model";
import type { BackendSlice, OutboundSlice, ServicePortKey } from "./slice/slices.ts";

/**
 * What a client's sidecar says of a connection in its ALPN, since the server cannot look inside TLS: HTTP because the
 * service declares it, HTTP because it was found to be, or bytes.
 */
export const alpn = { declaredHttp: "osm", detectedHttp: "osm-http", tcp: "osm-tcp" } as const;
export type Alpn = (typeof alpn)[keyof typeof alpn];

/** As OSM names it, so that dashboards and habits keep working (OSM §5.2); what OSM did not know has its ALPN behind. */
export function clusterName({ namespace, name, targetPort }: ServicePortKey, says: Alpn): string {
  const plain = `${namespace}/${name}|${targetPort}`;
  return says === alpn.declaredHttp ? plain : `${plain}|${says}`;
}

/** The cluster whose endpoints are the pods that the connection was meant for. */
export function headlessClusterName(key: ServicePortKey, says: Alpn): string {
  return `${clusterName(key, says)}|headless`;
}

export function splitClusterName({ namespace, name, port }: ServicePortKey): string {
  return `${namespace}/${name}|${port}|split`;
}

/** Endpoints of all pods behind a service port, or of those that run as some of its accounts. */
export function assignmentName({ namespace, name, targetPort, only }: BackendSlice): string {
  return `${namespace}/${name}|${targetPort}${only ? `@${only.join("+")}` : ""}`;
}

/** Server name of a service; always of `cluster.local`, whatever the trust domain is called (OSM §5.2 TRAP). */
export function serverName({ namespace, name }: ServicePortKey): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

/** `<ip>:<port>` of an address as slices write it. */
export function listenerName(address: string): string {
  const [ip = "", port = ""] = address.split(" ");
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export function outboundRouteName({ namespace, name, port }: Pick<OutboundSlice, "namespace" | "name" | "port">): string {
  return `rds-outbound.${namespace}/${name}|${port}`;
}

export function inboundRouteName(port: number): string {
  return `rds-inbound.${port}`;
}

/** The filter that says who may open a connection of bytes to a port. */
export function inboundFilterName(port: number): string {
  return `rbac-inbound.${port}`;
}

/** The secret that says whose certificates may open a connection of bytes to a port. */
export function inboundTrustName(port: number): string {
  return `${trustSecret}-inbound.${port}`;
}

/** The app behind the sidecar, as every sidecar reaches it: one cluster for each port, the same for all. */
export function localClusterName(port: number): string {
  return `local|${port}`;
}
