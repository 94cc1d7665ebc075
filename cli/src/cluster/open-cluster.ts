import { existsSync } from "node:fs";
import { openKubeApi, type KubeApi } from "@osm/kube";
import { Unusable } from "../unusable.ts";

/** Which cluster is meant, as kubectl and Helm are told too. */
export interface ClusterChoice {
  readonly kubeconfig: string;
  readonly context: string;
}

export interface OpenedCluster {
  readonly api: KubeApi;
  readonly choice: ClusterChoice & { readonly podAccount: "last" };
  readonly signal: AbortSignal;
}

/** @throws Unusable where no kubeconfig says how to reach one */
export function openCluster({ kubeconfig, context }: ClusterChoice, signal: AbortSignal): OpenedCluster {
  if (kubeconfig !== "" && !existsSync(kubeconfig)) throw new Unusable(`there is no kubeconfig ${kubeconfig}: correct --kubeconfig`);
  // In a pod too, Helm takes a kubeconfig where there is one: one command is to speak to one cluster.
  const choice = { kubeconfig, context, podAccount: "last" } as const;
  try {
    return { api: openKubeApi(choice), choice, signal };
  } catch (cause) {
    throw new Unusable(`${causeOf(cause, context)}; name a cluster with --kubeconfig FILE, --context NAME or KUBECONFIG`, { cause });
  }
}

/** Up to the advice that is for services. */
function causeOf(cause: unknown, context: string): string {
  const message = cause instanceof Error ? cause.message : "no cluster";
  if (context !== "" && message.includes("has no context")) return `no cluster: the kubeconfig has no context ${context}`;
  return message.split(";")[0] ?? message;
}
