import { openCluster } from "@osm/kube";
import { runTasks, type Log } from "@osm/runtime";
import { followAbilities } from "./cluster-version.ts";
import type { ClusterSource, InjectorConfig } from "./config.ts";
import { createMeshCluster } from "./mesh-cluster.ts";
import { openMeshFile } from "./mesh-file.ts";
import type { RootsKeeper } from "./keep-roots.ts";
import type { Changed, MeshLookup } from "./mesh-lookup.ts";
import { createWebhookTrust } from "./webhook-trust.ts";

/** Where the injector's knowledge comes from, while it is followed. */
export interface OpenSource extends AsyncDisposable {
  readonly lookup: MeshLookup;
  readonly changed?: Changed;
  /** Where the webhook configurations are ours to keep. */
  readonly trust?: RootsKeeper["trust"];
  /** Resolves when enough is known to admit a pod. */
  readonly known: Promise<void>;
  /** Resolves when following has ended; rejects when it can go on no more. */
  readonly done: Promise<void>;
}

interface Lifetime {
  readonly signal: AbortSignal;
  readonly log: Log;
}

export async function openSource({ source }: Pick<InjectorConfig, "source">, lifetime: Lifetime): Promise<OpenSource> {
  switch (source.kind) {
    case "file":
      return { ...(await openMeshFile(source.path, lifetime)), known: Promise.resolve() };
    case "cluster":
      return fromCluster(source, lifetime);
  }
}

/** The cluster's version is asked for first: what pods may have depends on it. */
function fromCluster({ url, claimsAlias, keepsWebhooks, installed }: ClusterSource, { signal, log }: Lifetime): OpenSource {
  const { cluster, api } = openCluster(url, { log, only: ["MeshConfig", "Namespace"] });
  let current = installed;
  const mesh = createMeshCluster({ cluster, installed: () => current, claimsAlias, log });
  const webhooks = api && keepsWebhooks ? createWebhookTrust({ api, mesh: installed.mesh, log }) : undefined;
  const stop = new AbortController();
  const [listed, versioned] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const learn = async (ended: AbortSignal): Promise<void> => {
    if (api) await followAbilities({ api, log, signal: ended }, (abilities) => {
      current = { ...installed, ...abilities };
      versioned.resolve();
    });
    else versioned.resolve();
  };
  const done = runTasks(AbortSignal.any([signal, stop.signal]), learn, (ended) => mesh.run(ended, listed.resolve), ...(webhooks ? [webhooks.run] : []));
  // Who awaits it later still learns of a failure.
  done.catch(() => undefined);
  const known = Promise.all([listed.promise, versioned.promise]).then(() => log.info({}, "cluster known"));
  return {
    lookup: mesh.lookup,
    changed: mesh.changed,
    ...(webhooks && { trust: webhooks.trust }),
    known,
    done,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DOMException("no longer followed", "AbortError"));
      await done;
      await cluster[Symbol.asyncDispose]();
    },
  };
}
