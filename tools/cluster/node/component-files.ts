import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeKeys } from "./keys.ts";
import type { NodeSettings } from "./settings.ts";

export const pauseImage = "localhost/osm-node/pause:1";
export const containerdSocket = "/run/containerd/containerd.sock";

/** Configurations of what runs on the node: file name → text, in one folder. */
export async function writeComponentFiles(settings: NodeSettings, keys: NodeKeys, folder: string): Promise<void> {
  const files: Readonly<Record<string, string>> = {
    "containerd.toml": containerd(settings, folder),
    "cni/10-pods.conflist": json(podNetwork(settings)),
    "kubelet.json": json(kubelet(settings, keys, folder)),
    "proxy.json": json(proxy(settings, folder)),
    // The node knows no other names than the cluster's.
    "resolv.conf": "",
  };
  await mkdir(join(folder, "cni"), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** For containerd 1.6 and what it may not do without CAP_SYS_RESOURCE: lower a score of the OOM killer. */
function containerd({ dir }: NodeSettings, folder: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return [
    "version = 2",
    `root = "${join(dir, "containerd")}"`,
    'state = "/run/containerd"',
    `disabled_plugins = [${["aufs", "btrfs", "zfs", "devmapper"].map((name) => `"io.containerd.snapshotter.v1.${name}"`).join(", ")}]`,
    "[grpc]",
    `  address = "${containerdSocket}"`,
    `[${cri}]`,
    `  sandbox_image = "${pauseImage}"`,
    "  restrict_oom_score_adj = true",
    "  disable_apparmor = true",
    "  tolerate_missing_hugetlb_controller = true",
    // As containerd 2 has it: a port below 1024 is no privilege within a pod.
    "  enable_unprivileged_ports = true",
    "  enable_unprivileged_icmp = true",
    `[${cri}.cni]`,
    '  bin_dir = "/usr/lib/cni"',
    `  conf_dir = "${join(folder, "cni")}"`,
    `[${cri}.containerd]`,
    '  default_runtime_name = "runc"',
    `[${cri}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    "",
  ].join("\n");
}

function podNetwork({ podRange }: NodeSettings): object {
  return {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge", bridge: "cni0", isGateway: true, isDefaultGateway: true, hairpinMode: true, ipMasq: false,
        ipam: { type: "host-local", ranges: [[{ subnet: podRange }]] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

function kubelet({ dnsAddress, maxPods }: NodeSettings, keys: NodeKeys, folder: string): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: keys.ca } },
    authorization: { mode: "Webhook" },
    tlsCertFile: keys.file("kubelet.crt"),
    tlsPrivateKeyFile: keys.file("kubelet.key"),
    clusterDNS: [dnsAddress],
    clusterDomain: "cluster.local",
    resolvConf: join(folder, "resolv.conf"),
    maxPods,
    serializeImagePulls: false,
    // The disk is shared with others, who may fill it: that is no reason to evict.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%" },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: "5s",
    kubeAPIQPS: 100,
    kubeAPIBurst: 200,
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
  };
}

function proxy({ name, nodeAddress, podRange }: NodeSettings, folder: string): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clientConnection: { kubeconfig: join(folder, "proxy.conf") },
    clusterCIDR: podRange,
    hostnameOverride: name,
    // Only the machine's first network namespace may set these.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    iptables: { minSyncPeriod: "100ms", syncPeriod: "30s" },
    nodePortAddresses: [`${nodeAddress}/32`],
  };
}
