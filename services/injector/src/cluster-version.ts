import { clusterAbilities, type ClusterAbilities } from "@osm/inject";
import { KubeError, type KubeApi } from "@osm/kube";
import { backoffMs, sleep, type Log } from "@osm/runtime";

export interface VersionOptions {
  readonly api: KubeApi;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A cluster is upgraded while this runs; nothing is lost meanwhile but what only the newer one can. */
const againMs = 600_000;
const backoff = { firstMs: 200, maxMs: 15_000 };

/** Tells what the cluster can, now and whenever it was asked again, until the signal aborts. */
export async function followAbilities({ api, log, signal }: VersionOptions, tell: (abilities: ClusterAbilities) => void): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const abilities = await ask({ api, log, signal });
    if (abilities) tell(abilities);
    failures = abilities ? 0 : failures + 1;
    await sleep(abilities ? againMs : backoffMs(backoff, failures, Math.random()), signal);
  }
}

async function ask({ api, log, signal }: VersionOptions): Promise<ClusterAbilities | undefined> {
  try {
    const abilities = clusterAbilities(await api.json({ path: "/version", signal }));
    if (!abilities) log.warn({}, "cluster says no version that can be read");
    return abilities;
  } catch (err) {
    if (!(err instanceof KubeError)) throw err;
    log.warn({ err: err.message }, "cluster version not known yet");
    return undefined;
  }
}
