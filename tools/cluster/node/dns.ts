import type { NodeSettings } from "./settings.ts";

export const corednsImage = "localhost/osm-node/coredns:1";

const corefile = `.:53 {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 5
  }
  cache 5
  reload
}
`;
const name = "coredns";
const metadata = { name, namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };
const rbac = "rbac.authorization.k8s.io";

/** The objects of the cluster's DNS. */
export function dnsObjects({ dnsAddress }: NodeSettings): readonly object[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "system:coredns" },
      rules: [
        { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`, kind: "ClusterRoleBinding", metadata: { name: "system:coredns" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:coredns" },
      subjects: [{ kind: "ServiceAccount", name, namespace: "kube-system" }],
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: corefile } },
    {
      apiVersion: "v1", kind: "Service", metadata: { ...metadata, name: "kube-dns" },
      spec: {
        clusterIP: dnsAddress, selector: metadata.labels,
        ports: [{ name: "dns", port: 53, protocol: "UDP" }, { name: "dns-tcp", port: 53, protocol: "TCP" }],
      },
    },
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { selector: { matchLabels: metadata.labels }, template: { metadata, spec: podSpec() } } },
  ];
}

function podSpec(): object {
  return {
    serviceAccountName: name,
    dnsPolicy: "Default",
    priorityClassName: "system-cluster-critical",
    containers: [
      {
        name,
        image: corednsImage,
        args: ["-conf", "/etc/coredns/Corefile"],
        ports: [{ containerPort: 53, name: "dns", protocol: "UDP" }, { containerPort: 53, name: "dns-tcp", protocol: "TCP" }],
        readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] } },
        volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
      },
    ],
    volumes: [{ name: "config", configMap: { name } }],
  };
}
