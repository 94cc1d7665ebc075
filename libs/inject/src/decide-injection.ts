import { annotation, label, switchOf, unreadable, type Texts } from "./annotations.ts";
import type { Pod } from "./pod.ts";

/** A namespace, as far as injection asks it. */
export interface NamespaceView {
  readonly name: string;
  readonly labels: Texts;
  readonly annotations: Texts;
}

export interface DecisionInput {
  readonly pod: Pod;
  readonly namespace: NamespaceView;
  readonly mesh: string;
  /** Where the control plane of the mesh lives; nothing is injected there. */
  readonly meshNamespace: string;
}

export type SkipReason = "host-network" | "system-namespace" | "mesh-namespace" | "ignored-namespace" | "other-namespace" | "pod-opted-out" | "not-asked-for";
export type Decision =
  /** `scrape`: the namespace wants its sidecars scraped by Prometheus. */
  | { readonly kind: "inject"; readonly scrape: boolean }
  | { readonly kind: "skip"; readonly reason: SkipReason }
  | { readonly kind: "refuse"; readonly message: string };

const systemNamespaces: ReadonlySet<string> = new Set(["kube-system", "kube-public"]);
const expected = "enabled, yes or true, or disabled, no or false";

/** Whether a pod gets a sidecar (OSM §4.1). A switch that cannot be read is refused, never guessed. */
export function decideInjection(input: DecisionInput): Decision {
  const reason = neverInjected(input);
  return reason === undefined ? asked(input) : { kind: "skip", reason };
}

function neverInjected({ pod, namespace, mesh, meshNamespace }: DecisionInput): SkipReason | undefined {
  if (pod.spec.hostNetwork) return "host-network";
  if (systemNamespaces.has(namespace.name)) return "system-namespace";
  if (namespace.name === meshNamespace) return "mesh-namespace";
  if (namespace.labels[label.ignore] !== undefined) return "ignored-namespace";
  return isMember(namespace.labels, mesh) ? undefined : "other-namespace";
}

/** As the watcher sees it: the alias counts where OSM's label is absent, for the mesh that is named as it is by default. */
function isMember(labels: Texts, mesh: string): boolean {
  const monitoredBy = labels[label.mesh];
  return monitoredBy === undefined ? labels[label.injection] === "enabled" && mesh === "osm" : monitoredBy === mesh;
}

function asked({ pod, namespace }: DecisionInput): Decision {
  const byPod = switchOf(pod.metadata.annotations, annotation.injection);
  const byNamespace = namespaceSwitch(namespace);
  if (byPod === "unreadable") return refuse("pod", annotation.injection);
  if (byNamespace === "unreadable") return refuse(`namespace ${namespace.name}`, annotation.injection);
  if (byPod === "off") return { kind: "skip", reason: "pod-opted-out" };
  if (byPod === "absent" && byNamespace !== "on") return { kind: "skip", reason: "not-asked-for" };
  return scraped(namespace);
}

function namespaceSwitch({ labels, annotations }: NamespaceView): ReturnType<typeof switchOf> {
  const found = switchOf(annotations, annotation.injection);
  return found === "absent" && labels[label.injection] === "enabled" ? "on" : found;
}

/** `prometheus.io/scrape=true` on the namespace is the guides' alias of OSM's own annotation. */
function scraped(namespace: NamespaceView): Decision {
  const metrics = switchOf(namespace.annotations, annotation.metrics);
  if (metrics === "unreadable") return refuse(`namespace ${namespace.name}`, annotation.metrics);
  return { kind: "inject", scrape: metrics === "on" || (metrics === "absent" && namespace.annotations[annotation.scrape] === "true") };
}

function refuse(where: string, key: string): Decision {
  return { kind: "refuse", message: unreadable(where, key, expected) };
}
