import { join } from "node:path";
import { cache } from "../../images/places.ts";

/** Programs that a node is made of, where they lie. */
export interface NodePrograms {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kubelet: string;
  readonly proxy: string;
  readonly coredns: string;
  readonly pause: string;
  readonly kubectl: string;
}

/** One node: its name, its folders, its addresses. */
export interface NodeSettings {
  readonly name: string;
  /** Everything it writes on this machine is below; not on a tmpfs. */
  readonly dir: string;
  readonly kubeconfig: string;
  readonly hostAddress: string;
  readonly nodeAddress: string;
  /** The end of the wire on this machine. */
  readonly wire: string;
  readonly podRange: string;
  readonly serviceRange: string;
  readonly apiAddress: string;
  readonly dnsAddress: string;
  /** Of all its processes and pods together. */
  readonly memoryBytes: number;
  readonly maxPods: number;
}

const gibibyte = 2 ** 30;
/** Addresses of node n differ from those of any other in the second number. */
const highest = 9;

/** The settings of node n of this machine, from 0. @throws Error for a number that is none */
export function nodeSettings(number: number): NodeSettings {
  if (!Number.isInteger(number) || number < 0 || number > highest) throw new Error(`a node has a number from 0 to ${highest}`);
  const name = `osm-node-${number}`;
  const dir = join(cache, "nodes", name);
  const services = `10.${96 + number}.0`;
  return {
    name,
    dir,
    kubeconfig: join(dir, "kubeconfig"),
    hostAddress: `10.222.${number}.1`,
    nodeAddress: `10.222.${number}.2`,
    wire: `osmnode${number}`,
    podRange: `10.${240 + number}.0.0/16`,
    serviceRange: `${services}.0/16`,
    apiAddress: `${services}.1`,
    dnsAddress: `${services}.10`,
    memoryBytes: 8 * gibibyte,
    maxPods: 200,
  };
}

const variables: Readonly<Record<keyof NodePrograms, string>> = {
  etcd: "ETCD_BIN",
  apiServer: "KUBE_APISERVER_BIN",
  controllerManager: "KUBE_CONTROLLER_MANAGER_BIN",
  scheduler: "KUBE_SCHEDULER_BIN",
  kubelet: "KUBELET_BIN",
  proxy: "KUBE_PROXY_BIN",
  coredns: "COREDNS_BIN",
  pause: "PAUSE_BIN",
  kubectl: "KUBECTL_BIN",
};

/** As the environment names them. @throws Error that says which are missing and how they are made */
export function nodePrograms(env: Readonly<Record<string, string | undefined>>): NodePrograms {
  const missing = Object.values(variables).filter((variable) => !env[variable]);
  if (missing.length > 0) throw new Error(`not built yet: ${missing.join(", ")}. Make them with: node tools/run.mjs cluster build`);
  const of = (key: keyof NodePrograms): string => env[variables[key]] ?? "";
  return {
    etcd: of("etcd"), apiServer: of("apiServer"), controllerManager: of("controllerManager"), scheduler: of("scheduler"),
    kubelet: of("kubelet"), proxy: of("proxy"), coredns: of("coredns"), pause: of("pause"), kubectl: of("kubectl"),
  };
}
