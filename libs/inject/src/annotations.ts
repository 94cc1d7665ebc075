/** Keys that users write, as in OSM, and those that the injector writes. */
export const annotation = {
  injection: "openservicemesh.io/sidecar-injection",
  metrics: "openservicemesh.io/metrics",
  inboundPorts: "openservicemesh.io/inbound-port-exclusion-list",
  outboundPorts: "openservicemesh.io/outbound-port-exclusion-list",
  outboundRanges: "openservicemesh.io/outbound-ip-range-exclusion-list",
  outboundOnly: "openservicemesh.io/outbound-ip-range-inclusion-list",
  scrape: "prometheus.io/scrape",
  scrapePort: "prometheus.io/port",
  scrapePath: "prometheus.io/path",
  defaultContainer: "kubectl.kubernetes.io/default-container",
  /** `native` or `container`: how the proxy of a pod stands beside the app. */
  sidecarMode: "openservicemesh.io/sidecar-mode",
  /** Written: the probes of a pod before they were led to its sidecar. */
  originalProbes: "openservicemesh.io/original-probes",
} as const;

export const label = {
  mesh: "openservicemesh.io/monitored-by",
  ignore: "openservicemesh.io/ignore",
  /** The guides' alias of `mesh` and `annotation.injection` in one. */
  injection: "osm-injection",
} as const;

export type Texts = Readonly<Record<string, string>>;
export type Switch = "on" | "off" | "absent" | "unreadable";

const on: ReadonlySet<string> = new Set(["enabled", "yes", "true"]);
const off: ReadonlySet<string> = new Set(["disabled", "no", "false"]);

export function switchOf(texts: Texts, key: string): Switch {
  const text = texts[key]?.toLowerCase();
  if (text === undefined) return "absent";
  if (on.has(text)) return "on";
  return off.has(text) ? "off" : "unreadable";
}

/** The sentence for a user whose annotation cannot be read. */
export function unreadable(where: string, key: string, expected: string): string {
  return `${where}: cannot read ${key}: expected ${expected}`;
}
