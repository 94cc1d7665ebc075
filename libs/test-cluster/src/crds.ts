/** A CustomResourceDefinition that takes any content, all versions served, the last one stored; with a status on request. */
export function crdOf(group: string, kind: string, versions: readonly string[]): object {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: versions.map((name, index) => ({ name, served: true, storage: index === versions.length - 1, schema })),
    },
  };
}

/** The kinds of SMI and of MeshConfig in every version that is read. */
export const smiCrds: readonly object[] = [
  crdOf("access.smi-spec.io", "TrafficTarget", ["v1alpha2", "v1alpha3"]),
  crdOf("specs.smi-spec.io", "HTTPRouteGroup", ["v1alpha3", "v1alpha4"]),
  crdOf("specs.smi-spec.io", "TCPRoute", ["v1alpha3", "v1alpha4"]),
  crdOf("split.smi-spec.io", "TrafficSplit", ["v1alpha2", "v1alpha3", "v1alpha4"]),
  crdOf("config.openservicemesh.io", "MeshConfig", ["v1alpha1", "v1alpha2"]),
];
