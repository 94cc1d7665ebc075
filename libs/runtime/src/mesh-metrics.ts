/** Services that say a metric. */
export type SaidBy = "watcher" | "compiler" | "ca" | "xds" | "injector" | "all";

export interface MeshMetric {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Who says it. */
  readonly by: readonly SaidBy[];
  /** Bounds of a histogram; `secondsBuckets` when not given. */
  readonly buckets?: readonly number[];
}

/** OSM's own bounds, so that its dashboards' heat maps keep their rows. */
const osmBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 90] as const;

/**
 * Every metric of the control plane, each said once: `metrics.counter(meshMetrics.nacks)`. Label sets never vary; no proxy, pod
 * or object is a label. Names that begin with `osm_` are OSM's, kept where they still mean something. docs/metrics.md is made of this.
 */
export const meshMetrics = {
  convergence: {
    kind: "histogram", name: "mesh_convergence_seconds", labels: ["stage"], by: ["watcher", "compiler", "xds"],
    help: "From the moment a change was observed: published (the fact is on the bus), compiled (what follows from it is), acked (the last proxy of a replica has it).",
  },
  watchStaleness: {
    kind: "gauge", name: "mesh_watch_staleness_seconds", labels: ["kind"], by: ["watcher"],
    help: "How long ago the Kubernetes API last gave a sign on the watch of a kind.",
  },
  facts: { kind: "gauge", name: "mesh_facts", labels: ["kind"], by: ["watcher"], help: "Objects of the mesh that are known, by kind." },
  compileCache: {
    kind: "counter", name: "mesh_compile_cache_total", labels: ["result"], by: ["compiler"],
    help: "Views that were to be compiled: hit (the same slice as before) or miss.",
  },
  compileSeconds: { kind: "histogram", name: "mesh_compile_seconds", labels: [], by: ["compiler"], help: "How long a turn of the compiler took." },
  views: { kind: "gauge", name: "mesh_views", labels: [], by: ["compiler"], help: "Classes of proxies that are compiled for." },
  findings: { kind: "gauge", name: "mesh_findings", labels: ["code", "severity"], by: ["compiler"], help: "Remarks that stand on users' objects." },
  nacks: { kind: "counter", name: "mesh_nack_total", labels: ["type"], by: ["xds"], help: "Responses that an Envoy rejected, by xDS type." },
  proxies: { kind: "gauge", name: "mesh_proxies_connected", labels: [], by: ["xds"], help: "Streams of proxies that are open." },
  streamsRefused: { kind: "counter", name: "mesh_streams_refused_total", labels: ["reason"], by: ["xds"], help: "Streams that were not let in, by reason." },
  streamsEnded: { kind: "counter", name: "mesh_streams_ended_total", labels: ["reason"], by: ["xds"], help: "Streams that were ended from this side, by reason." },
  resourcesSent: { kind: "counter", name: "mesh_resources_sent_total", labels: ["type"], by: ["xds"], help: "Resources sent to proxies, by type." },
  resourcesRemoved: { kind: "counter", name: "mesh_resources_removed_total", labels: ["type"], by: ["xds"], help: "Removals sent to proxies, by type." },
  leafEnd: {
    kind: "gauge", name: "mesh_leaf_not_after_seconds", labels: [], by: ["xds"],
    help: "When the first of the certificates that connected proxies hold runs out, seconds since 1970; 0 where there is none.",
  },
  certificates: {
    kind: "counter", name: "mesh_certificates_total", labels: ["result"], by: ["ca"],
    help: "Requests for a leaf: issued, refused (not fit), limited (a replica asked too often) or failed.",
  },
  rootEnd: { kind: "gauge", name: "mesh_root_not_after_seconds", labels: [], by: ["ca"], help: "When the root that signs runs out, seconds since 1970." },
  expiryAlarm: {
    kind: "gauge", name: "mesh_expiry_alarm", labels: ["subject"], by: ["ca"],
    help: "1 where a person must act: root (it runs out within 30 days), leaf (leaves are cut short, for the root ends before they would).",
  },
  trustBundleDiffers: {
    kind: "gauge", name: "mesh_trust_bundle_differs", labels: [], by: ["ca"],
    help: "1 while another trust bundle stands on the bus than this CA's: two CAs have different roots.",
  },
  injectorReviews: { kind: "counter", name: "osm_injector_reviews_total", labels: ["result"], by: ["injector"], help: "Pods reviewed, by what became of them." },

  versionInfo: { kind: "gauge", name: "osm_version_info", labels: ["version"], by: ["all"], help: "1, with the version that runs as its label." },
  osmApiEvents: {
    kind: "counter", name: "osm_k8s_api_event_count", labels: ["type", "namespace"], by: ["watcher"],
    help: "Events of the Kubernetes API that were taken in, by kind of object and namespace of the mesh.",
  },
  osmNamespaces: { kind: "gauge", name: "osm_resource_namespace_count", labels: [], by: ["watcher"], help: "Namespaces in the mesh." },
  osmProxies: { kind: "gauge", name: "osm_proxy_connect_count", labels: [], by: ["xds"], help: "Proxies connected to this replica; mesh_proxies_connected under OSM's name." },
  osmProxiesRejected: { kind: "counter", name: "osm_proxy_max_connections_rejected", labels: [], by: ["xds"], help: "Proxies that were not let in for there were too many." },
  osmSent: { kind: "counter", name: "osm_proxy_response_send_success_count", labels: ["type"], by: ["xds"], help: "Responses sent to proxies, by xDS type." },
  osmRequests: { kind: "counter", name: "osm_proxy_xds_request_count", labels: ["type"], by: ["xds"], help: "Requests of proxies, by xDS type." },
  osmUpdateTime: {
    kind: "histogram", name: "osm_proxy_config_update_time", labels: ["resource_type", "success"], by: ["xds"], buckets: osmBuckets,
    help: "From a response to its proxy's answer, seconds.",
  },
  osmCertificates: { kind: "counter", name: "osm_cert_issued_count", labels: [], by: ["ca"], help: "Certificates issued." },
  osmCertificateTime: { kind: "histogram", name: "osm_cert_issued_time", labels: [], by: ["ca"], buckets: osmBuckets, help: "How long issuing one took, seconds." },
  osmAdmissions: {
    kind: "counter", name: "osm_admission_webhook_response_total", labels: ["kind", "success"], by: ["injector"],
    help: "Answers to the Kubernetes API's admission requests: for a pod, or for a policy that was written.",
  },

  cpuSeconds: { kind: "counter", name: "process_cpu_seconds_total", labels: [], by: ["all"], help: "CPU time used, user and system." },
  residentBytes: { kind: "gauge", name: "process_resident_memory_bytes", labels: [], by: ["all"], help: "Resident memory." },
  startTime: { kind: "gauge", name: "process_start_time_seconds", labels: [], by: ["all"], help: "When the process started, seconds since 1970." },
  heapBytes: { kind: "gauge", name: "nodejs_heap_used_bytes", labels: [], by: ["all"], help: "Memory in use by JavaScript objects." },
  loopDelay: {
    kind: "gauge", name: "nodejs_eventloop_delay_seconds", labels: ["quantile"], by: ["all"],
    help: "How late timers ran since the last scrape: 0.5, 0.99 and 1 (the latest).",
  },
} as const satisfies Readonly<Record<string, MeshMetric>>;

interface Dropped {
  readonly name: string;
  readonly why: string;
}

/** OSM's names that mean nothing any more, and what to look at instead. */
export const droppedMetrics: readonly Dropped[] = [
  { name: "osm_events_queued", why: "there is no queue: a change goes to its views at once" },
  { name: "osm_proxy_broadcast_event_count", why: "nothing is broadcast; `mesh_resources_sent_total` counts what was sent" },
  { name: "osm_proxy_reconnect_count", why: "a proxy may return to another replica, which cannot know" },
  { name: "osm_proxy_response_send_error_count", why: "a response that cannot be sent ends its stream: `mesh_streams_ended_total`" },
  { name: "osm_error_err_code_count", why: "`mesh_findings` counts remarks by code" },
  { name: "osm_http_response_total, osm_http_response_duration", why: "they spoke of the health port alone" },
  { name: "osm_feature_flag_enabled", why: "there are no feature flags" },
  { name: "osm_reconciliation_total, osm_conversion_webhook_resource_total", why: "nothing is reconciled or converted by a webhook" },
];
