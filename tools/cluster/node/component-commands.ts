import { join } from "node:path";
import type { NodeKeys } from "./keys.ts";
import type { NodePrograms, NodeSettings } from "./settings.ts";

/** What runs on the node, in three groups: the store and containers, the API beside them, and what needs the API. */
export interface ComponentCommands {
  readonly first: Readonly<Record<string, readonly string[]>>;
  readonly afterApi: Readonly<Record<string, readonly string[]>>;
}

export function componentCommands(settings: NodeSettings, { programs, keys, folder }: { readonly programs: NodePrograms; readonly keys: NodeKeys; readonly folder: string }): ComponentCommands {
  return {
    first: {
      etcd: etcd(settings, programs),
      containerd: ["containerd", "--config", join(folder, "containerd.toml")],
      apiserver: apiServer(settings, programs, keys),
    },
    afterApi: {
      "controller-manager": controllerManager(programs, keys, folder),
      scheduler: [programs.scheduler, `--kubeconfig=${join(folder, "scheduler.conf")}`, "--leader-elect=false", "--bind-address=127.0.0.1"],
      kubelet: [
        programs.kubelet, `--config=${join(folder, "kubelet.json")}`, `--kubeconfig=${join(folder, "kubelet.conf")}`, "--root-dir=/var/lib/kubelet",
        `--hostname-override=${settings.name}`, `--node-ip=${settings.nodeAddress}`,
      ],
      proxy: [programs.proxy, `--config=${join(folder, "proxy.json")}`],
    },
  };
}

function etcd({ dir }: NodeSettings, programs: NodePrograms): readonly string[] {
  const [clients, peers] = ["http://127.0.0.1:2379", "http://127.0.0.1:2380"];
  return [
    programs.etcd, "--name=node", `--data-dir=${join(dir, "etcd")}`, "--unsafe-no-fsync", `--listen-client-urls=${clients}`, `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`, `--initial-cluster=node=${peers}`, "--log-level=error",
  ];
}

function apiServer({ nodeAddress, serviceRange, dir }: NodeSettings, programs: NodePrograms, { ca, file }: NodeKeys): readonly string[] {
  return [
    programs.apiServer, "--etcd-servers=http://127.0.0.1:2379", "--secure-port=6443", `--advertise-address=${nodeAddress}`, `--cert-dir=${join(dir, "run")}`,
    `--tls-cert-file=${file("apiserver.crt")}`, `--tls-private-key-file=${file("apiserver.key")}`, `--client-ca-file=${ca}`, `--token-auth-file=${file("tokens.csv")}`,
    "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true", `--service-cluster-ip-range=${serviceRange}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local", `--service-account-key-file=${file("accounts.key")}`, `--service-account-signing-key-file=${file("accounts.key")}`,
    `--kubelet-certificate-authority=${ca}`, `--kubelet-client-certificate=${file("kubelet-client.crt")}`, `--kubelet-client-key=${file("kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
  ];
}

function controllerManager(programs: NodePrograms, { ca, file }: NodeKeys, folder: string): readonly string[] {
  return [
    programs.controllerManager, `--kubeconfig=${join(folder, "controller-manager.conf")}`, "--leader-elect=false", "--bind-address=127.0.0.1",
    "--use-service-account-credentials=true", `--service-account-private-key-file=${file("accounts.key")}`, `--root-ca-file=${ca}`,
    `--cluster-signing-cert-file=${ca}`, `--cluster-signing-key-file=${file("ca.key")}`, "--kube-api-qps=200", "--kube-api-burst=400",
  ];
}
