import type { Cluster, ClusterEvent } from "@osm/kube";

/** Looks on while a watcher takes in a cluster. */
export interface Onlooker {
  /** Before the watcher gets the event. */
  coming(event: ClusterEvent): Promise<void>;
  /** Once all that follows from it has been said on the bus. */
  taken(event: ClusterEvent): Promise<void>;
}

/** The same cluster, with somebody looking on. The watcher asks for the next event when it is through with the one before. */
export function seenCluster(cluster: Cluster, { coming, taken }: Onlooker): Cluster {
  return {
    watch: async function* (options) {
      for await (const event of cluster.watch(options)) {
        await coming(event);
        yield event;
        await taken(event);
      }
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
