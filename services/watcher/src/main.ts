import { openBus } from "@osm/bus";
import { openCluster } from "@osm/kube";
import { runService, runTasks, serveHealth } from "@osm/runtime";
import { parseConfig } from "./config.ts";
import { createStaleness } from "./staleness.ts";
import { runWatcher } from "./watcher.ts";
import { createWriteBack } from "./write-back/write-back.ts";

// The cluster in, facts out; what users and sidecars are to find in the cluster, back into it.
await runService("watcher", parseConfig, async ({ config, signal, log, health, metrics, tracer, ready }) => {
  await using served = await serveHealth({ port: config.healthPort, metrics }, health, { signal });
  log.info({ port: served.port }, "health served");
  await using bus = await openBus(config.busUrl, { mesh: config.mesh, signal, log });
  const staleness = createStaleness(metrics, () => performance.now());
  const { cluster: watched, api } = openCluster(config.clusterUrl, { log, fresh: staleness.fresh });
  await using cluster = watched;
  const writeBack = api && createWriteBack({ ...config, api, bus, now: Date.now, log });
  const membersChanged = (members: readonly string[]) => writeBack?.membersAre(members);
  await runTasks(
    signal,
    staleness.measure,
    async (ended) => await writeBack?.run(ended),
    (ended) => runWatcher({ context: config.context, cluster, bus, now: Date.now, log, metrics, tracer, signal: ended, ready, membersChanged }),
  );
});
