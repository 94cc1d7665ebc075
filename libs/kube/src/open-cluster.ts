import type { FactKind } from "@osm/model";
import type { Log } from "@osm/runtime";
import type { Cluster } from "./cluster.ts";
import { openFolder } from "./folder/open-folder.ts";
import type { ClusterPlace } from "./kubernetes/credentials.ts";
import { openKubeApi, type KubeApi } from "./kubernetes/kube-api.ts";
import { openKubernetes } from "./kubernetes/open-kubernetes.ts";

export interface OpenOptions {
  readonly log: Log;
  /** Called whenever it is certain that what is known of a kind is how things stand. */
  readonly fresh?: (kind: FactKind) => void;
  /** Kinds to follow in a Kubernetes API, so that no right is needed on others; all when left out. */
  readonly only?: readonly FactKind[];
}

export interface OpenedCluster {
  readonly cluster: Cluster;
  /** Undefined where there is no API server behind it, so that nothing can be written. */
  readonly api: KubeApi | undefined;
}

const forms = "folder:<path>[,<path>], kubernetes: (in a pod, or with KUBECONFIG) or kubernetes:<kubeconfig>?context=<name>";

/** Opens what a URL names. Nothing is connected before the first watch. @throws TypeError, Error with the way out */
export function openCluster(url: string, options: OpenOptions): OpenedCluster {
  if (url.startsWith("folder:")) {
    const folders = url.slice("folder:".length).split(",").filter((dir) => dir !== "");
    if (folders.length > 0) return { cluster: openFolder(folders), api: undefined };
  }
  if (!url.startsWith("kubernetes:")) throw new TypeError(`not a cluster: use ${forms}`);
  const api = openKubeApi(placeOf(url.slice("kubernetes:".length)));
  return { cluster: openKubernetes({ ...options, api }), api };
}

function placeOf(text: string): ClusterPlace {
  const [kubeconfig = "", query = ""] = text.split("?", 2);
  return { kubeconfig, context: new URLSearchParams(query).get("context") ?? "" };
}
