import { sidecarPorts } from "./ports.ts";
import type { Probed, ProbeField } from "./probe.ts";

interface Entry {
  readonly port: number;
  readonly path: string;
}

const entries: Readonly<Record<ProbeField, Entry>> = {
  livenessProbe: { port: sidecarPorts.liveness, path: "/osm-liveness-probe" },
  readinessProbe: { port: sidecarPorts.readiness, path: "/osm-readiness-probe" },
  startupProbe: { port: sidecarPorts.startup, path: "/osm-startup-probe" },
};

/** Where a kubelet asks the sidecar itself: it answers once it has its first configuration. */
export const proxyReady: Entry = { port: sidecarPorts.readiness, path: "/osm-proxy-ready" };
/** Where Prometheus reads what a sidecar has counted, as the annotations of its pod say. */
export const scrapePlace: Entry = { port: sidecarPorts.metrics, path: "/stats/prometheus" };
export const tcpCheck: Entry = { port: sidecarPorts.tcpProbe, path: "/osm-healthcheck" };
/** Says which port a check of a connection is for. */
export const tcpPortHeader = "Original-Tcp-Port";

/** Where the sidecar answers a probe of HTTP or gRPC: a path for each container, so that none answers for another. */
export function entryOf({ container, field }: Pick<Probed, "container" | "field">): Entry {
  const { port, path } = entries[field];
  return { port, path: `${path}/${container}` };
}
