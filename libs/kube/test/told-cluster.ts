import { headOf } from "@osm/intake";
import { openKubeApi, openKubernetes, usualTimes, type ClusterEvent, type WatchTimes } from "@osm/kube";
import { silentLog, type Log } from "@osm/runtime";

export interface Listening extends AsyncDisposable {
  /** Resolves once all the texts have been told, in any order; gives what was told since the last call. */
  until(...texts: readonly string[]): Promise<readonly string[]>;
  /** What was logged. */
  readonly logged: readonly string[];
}

export const quickTimes: WatchTimes = { ...usualTimes, backoff: { firstMs: 20, maxMs: 400 }, lookAgainMs: 100, goneAfterMs: 1000 };

/** Follows a cluster and writes down what it tells: `Pod/shop/web`, `-Pod/shop/web`, `listed Pod`. */
export function listenTo(kubeconfig: string, times: WatchTimes = quickTimes): Listening {
  const stop = new AbortController();
  const logged: string[] = [];
  const write: Log["info"] = (fields, message) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const cluster = openKubernetes({ api: openKubeApi({ kubeconfig, context: "" }), log: { ...silentLog, info: write, warn: write, debug: write }, times });
  let told: string[] = [];
  let bell = Promise.withResolvers<void>();
  const done = (async () => {
    for await (const event of cluster.watch({ signal: stop.signal })) {
      told.push(...shortly(event));
      bell.resolve();
    }
  })();
  return {
    logged,
    until: async (...texts) => {
      while (!texts.every((text) => told.includes(text))) {
        await Promise.race([bell.promise, done.then(() => Promise.reject(new Error("the watch ended")))]);
        bell = Promise.withResolvers();
      }
      const all = told;
      told = [];
      return all;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

function shortly(event: ClusterEvent): readonly string[] {
  switch (event.kind) {
    case "listed":
      return event.kinds.map((kind) => `listed ${kind}`);
    case "unreadable":
      return [`unreadable ${event.reason}`];
    case "gone":
      return [`-${event.head.kind}/${event.head.namespace}/${event.head.name}`];
    case "object": {
      const head = headOf(event.object);
      return head ? [`${head.kind}/${head.namespace}/${head.name}`] : ["an object without a name"];
    }
  }
}
