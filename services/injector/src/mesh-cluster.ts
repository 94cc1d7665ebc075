import type { Cluster } from "@osm/kube";
import { isAbort } from "@osm/runtime";
import { createBell } from "./bell.ts";
import type { Changed, MeshLookup } from "./mesh-lookup.ts";
import { createMeshMemory, type MeshMemoryOptions } from "./mesh-memory.ts";

export interface MeshClusterOptions extends MeshMemoryOptions {
  /** Is read for its Namespaces and MeshConfigs alone. */
  readonly cluster: Cluster;
}

export interface MeshCluster {
  readonly lookup: MeshLookup;
  readonly changed: Changed;
  /** Follows the cluster until the signal aborts. `listed` is called once, when all that stands is known. */
  readonly run: (signal: AbortSignal, listed: () => void) => Promise<void>;
}

/** What the injector knows, kept in memory as the cluster tells of it: what was heard stays while the API server is away. */
export function createMeshCluster(options: MeshClusterOptions): MeshCluster {
  const memory = createMeshMemory(options);
  const bell = createBell();
  const follow = async (signal: AbortSignal, listed: () => void): Promise<void> => {
    for await (const event of options.cluster.watch({ signal })) {
      const wasListed = memory.isListed();
      memory.take(event);
      if (!wasListed && memory.isListed()) listed();
      bell.ring();
    }
  };
  const run: MeshCluster["run"] = async (signal, listed) => {
    await follow(signal, listed).catch((err: unknown) => {
      if (!isAbort(signal, err)) throw err;
    });
  };
  return { lookup: memory.lookup, changed: bell.heard, run };
}
