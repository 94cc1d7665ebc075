/** Ports of a sidecar. They are OSM's, so that network policies and scrape rules written for OSM stay true. */
export const sidecarPorts = {
  admin: 15_000,
  outbound: 15_001,
  inbound: 15_003,
  metrics: 15_010,
  liveness: 15_901,
  readiness: 15_902,
  startup: 15_903,
  tcpProbe: 15_904,
} as const;

/** The uid of the proxy. What runs as this uid is not captured. */
export const proxyUid = 1500;
