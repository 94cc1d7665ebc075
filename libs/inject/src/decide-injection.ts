import { aliasClaim, type AliasClaim } from "./alias-claim.ts";
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
  /** Whether a namespace that names no mesh means this one; as a cluster without other meshes has it when left out. */
  readonly alias?: AliasClaim;
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
  if (reason !== undefined) return { kind: "skip", reason };
  const membership = membershipOf(input);
  if (membership === "ours") return asked(input);
  if (membership === "other") return { kind: "skip", reason: "other-namespace" };
  return { kind: "refuse", message: `namespace ${input.namespace.name}: ${membership.refused}` };
}

function neverInjected({ pod, namespace, meshNamespace }: DecisionInput): SkipReason | undefined {
  if (pod.spec.hostNetwork) return "host-network";
  if (systemNamespaces.has(namespace.name)) return "system-namespace";
  if (namespace.name === meshNamespace) return "mesh-namespace";
  return namespace.labels[label.ignore] === undefined ? undefined : "ignored-namespace";
}

/** The alias counts where OSM's label is absent. */
function membershipOf({ namespace: { labels }, mesh, alias }: DecisionInput): AliasClaim {
  const monitoredBy = labels[label.mesh];
  if (monitoredBy !== undefined) return monitoredBy === mesh ? "ours" : "other";
  if (labels[label.injection] !== "enabled") return "other";
  return alias ?? aliasClaim({ mesh, claimsAlias: false, others: [] });
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
