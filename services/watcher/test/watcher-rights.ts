import type { MeshContext } from "@osm/intake";

export const watcherAccount = "osm-watcher";

const look = ["get", "list", "watch"];

/** The account of the watcher and all that it may do: what the README names, and nothing else. */
export function watcherRights({ mesh, osmNamespace }: MeshContext): readonly object[] {
  const subjects = [{ kind: "ServiceAccount", name: watcherAccount, namespace: osmNamespace }];
  const group = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: watcherAccount, namespace: osmNamespace } },
    {
      apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name: "osm-watcher" },
      rules: [
        { apiGroups: [""], resources: ["namespaces", "pods", "services", "serviceaccounts"], verbs: look },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: look },
        { apiGroups: ["access.smi-spec.io"], resources: ["traffictargets"], verbs: look },
        { apiGroups: ["specs.smi-spec.io"], resources: ["httproutegroups", "tcproutes"], verbs: look },
        { apiGroups: ["split.smi-spec.io"], resources: ["trafficsplits"], verbs: look },
        { apiGroups: ["config.openservicemesh.io"], resources: ["meshconfigs"], verbs: look },
        { apiGroups: [""], resources: ["configmaps"], resourceNames: [`osm-trust-${mesh}`], verbs: ["create", "patch"] },
        { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      ],
    },
    { apiVersion: `${group}/v1`, kind: "ClusterRoleBinding", metadata: { name: "osm-watcher" }, roleRef: { apiGroup: group, kind: "ClusterRole", name: "osm-watcher" }, subjects },
    {
      apiVersion: `${group}/v1`, kind: "Role", metadata: { name: "osm-watcher", namespace: osmNamespace },
      rules: [
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: [`osm-watcher-${mesh}`], verbs: ["get", "update"] },
      ],
    },
    { apiVersion: `${group}/v1`, kind: "RoleBinding", metadata: { name: "osm-watcher", namespace: osmNamespace }, roleRef: { apiGroup: group, kind: "Role", name: "osm-watcher" }, subjects },
  ];
}
