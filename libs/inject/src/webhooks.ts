import { defaultMesh } from "./alias-claim.ts";
import { label, type Texts } from "./annotations.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * Which entry of the webhook configuration asks: that for namespaces which name the mesh, or that for those which say
 * `osm-injection=enabled` and name none.
 */
export type WebhookEntry = "member" | "alias";

/** Paths of the injector's server, one an entry. */
export const webhookPaths = { member: "/mutate-pod-creation/member", alias: "/mutate-pod-creation/alias", validate: "/validate" } as const;

/** Whether the API server asks through this entry about pods of a namespace with these labels, when it knows them. */
export function asksThrough(entry: WebhookEntry, labels: Texts, mesh: string): boolean {
  switch (entry) {
    case "member":
      return labels[label.mesh] === mesh;
    case "alias":
      return labels[label.mesh] === undefined && labels[label.injection] === "enabled";
  }
}

/** Where API servers find the injector: a Service of the cluster, or the base of a URL. */
export type WebhookPlace = { readonly kind: "service"; readonly name: string; readonly port: number } | { readonly kind: "url"; readonly base: string };

export interface WebhookSettings {
  readonly mesh: string;
  /** The control plane's namespace. */
  readonly meshNamespace: string;
  readonly version: string;
  /** The mesh of the default name has the alias in any case. Who does not claim it is not asked, so that it can block nobody else's pods. */
  readonly claimsAlias: boolean;
  readonly place: WebhookPlace;
  /** PEM of all roots that the serving certificate may come from; two while one follows the other. Left out where somebody else writes it. */
  readonly caBundle?: string;
}

/** Names of the two configurations of a mesh, as OSM has them. */
export const webhookNames = {
  mutating: (mesh: string): string => `osm-webhook-${mesh}`,
  validating: (mesh: string): string => `osm-validator-mesh-${mesh}`,
} as const;

const neverAsked: readonly string[] = ["kube-system", "kube-public", "kube-node-lease"];

/** The MutatingWebhookConfiguration of a mesh. A control plane that is down stops new pods of its own members, and nothing else. */
export function mutatingWebhooks(settings: WebhookSettings): JsonObject {
  const { mesh } = settings;
  const pods = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], scope: "Namespaced" };
  const entry = (name: string, path: string, selector: readonly JsonObject[]): JsonObject => ({
    name,
    ...common(settings, path),
    rules: [pods],
    failurePolicy: "Fail",
    // Other webhooks may add containers after this one: they are looked at once more.
    reinvocationPolicy: "IfNeeded",
    namespaceSelector: { matchExpressions: [...selector, ...outside(settings)] },
    timeoutSeconds: 10,
  });
  return {
    ...head("MutatingWebhookConfiguration", webhookNames.mutating(mesh), settings),
    webhooks: [
      entry("osm-inject.k8s.io", webhookPaths.member, member(mesh)),
      ...(hasAlias(settings) ? [entry("osm-inject-alias.k8s.io", webhookPaths.alias, byAlias)] : []),
    ],
  };
}

/** Kinds whose writing is looked at, in every version that may be served. */
const validated: readonly JsonObject[] = [
  group("access.smi-spec.io", ["traffictargets"]),
  group("specs.smi-spec.io", ["httproutegroups", "tcproutes"]),
  group("split.smi-spec.io", ["trafficsplits"]),
  group("policy.openservicemesh.io", ["egresses", "ingressbackends", "retries", "upstreamtrafficsettings"]),
];
const controlPlane: readonly JsonObject[] = [group("config.openservicemesh.io", ["meshconfigs", "meshrootcertificates"])];

/**
 * The ValidatingWebhookConfiguration of a mesh. It never stands in the way when it is down: what it lets pass is judged again by
 * the compiler, which grants nothing to what it cannot read.
 */
export function validatingWebhooks(settings: WebhookSettings): JsonObject {
  const { mesh, meshNamespace } = settings;
  const entry = (name: string, rules: readonly JsonObject[], selector: readonly JsonObject[]): JsonObject => ({
    name,
    ...common(settings, webhookPaths.validate),
    rules,
    failurePolicy: "Ignore",
    namespaceSelector: { matchExpressions: selector },
    timeoutSeconds: 5,
  });
  return {
    ...head("ValidatingWebhookConfiguration", webhookNames.validating(mesh), settings),
    webhooks: [
      entry("osm-validator.k8s.io", validated, [...member(mesh), ...outside(settings)]),
      ...(hasAlias(settings) ? [entry("osm-validator-alias.k8s.io", validated, [...byAlias, ...outside(settings)])] : []),
      entry("osm-control-plane-validator.k8s.io", controlPlane, [{ key: "kubernetes.io/metadata.name", operator: "In", values: [meshNamespace] }]),
    ],
  };
}

function hasAlias({ mesh, claimsAlias }: WebhookSettings): boolean {
  return mesh === defaultMesh || claimsAlias;
}

function member(mesh: string): readonly JsonObject[] {
  return [{ key: label.mesh, operator: "In", values: [mesh] }];
}

const byAlias: readonly JsonObject[] = [
  { key: label.mesh, operator: "DoesNotExist" },
  { key: label.injection, operator: "In", values: ["enabled"] },
];

function outside({ meshNamespace }: WebhookSettings): readonly JsonObject[] {
  return [
    { key: "kubernetes.io/metadata.name", operator: "NotIn", values: [...neverAsked, meshNamespace] },
    { key: label.ignore, operator: "DoesNotExist" },
    { key: "control-plane", operator: "DoesNotExist" },
  ];
}

function group(apiGroup: string, resources: readonly Json[]): JsonObject {
  return { operations: ["CREATE", "UPDATE"], apiGroups: [apiGroup], apiVersions: ["*"], resources, scope: "Namespaced" };
}

function head(kind: string, name: string, { mesh, version }: WebhookSettings): JsonObject {
  const labels = { "app.kubernetes.io/name": "openservicemesh.io", "app.kubernetes.io/instance": mesh, "app.kubernetes.io/version": version, app: "osm-injector" };
  return { apiVersion: "admissionregistration.k8s.io/v1", kind, metadata: { name, labels } };
}

function common({ place, meshNamespace, caBundle }: WebhookSettings, path: string): JsonObject {
  const where = place.kind === "url" ? { url: `${place.base}${path}` } : { service: { name: place.name, namespace: meshNamespace, path, port: place.port } };
  return { admissionReviewVersions: ["v1"], sideEffects: "None", matchPolicy: "Equivalent", clientConfig: { ...where, ...(caBundle === undefined ? {} : { caBundle: btoa(caBundle) }) } };
}
