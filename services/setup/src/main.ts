import { openKubeApi } from "@osm/kube";
import { runService } from "@osm/runtime";
import { parseConfig } from "./config.ts";
import { placeOf } from "./cluster-place.ts";
import { secretsOf } from "./secret-place.ts";
import { setUp } from "./setup.ts";
import { startOneAnew } from "./start-anew.ts";
import { workloadsOf } from "./workload-place.ts";

// Runs once before the others: roots, accounts and certificates into Secrets. What is there stays. And from time to time later on,
// so that certificates are made anew before they end.
await runService("setup", parseConfig, async ({ config, signal, log }) => {
  const api = openKubeApi(placeOf(config.clusterUrl));
  const labels = { "app.kubernetes.io/name": "openservicemesh.io", "app.kubernetes.io/instance": config.mesh, "app.kubernetes.io/managed-by": "osm-setup" };
  const secrets = secretsOf({ api, namespace: config.namespace, labels, signal });
  // What an earlier run has made: by now every node has it.
  const starting = startOneAnew({ workloads: config.startsAnew, secrets, place: workloadsOf({ api, namespace: config.namespace, signal }), log });
  const failure = await starting.then(() => undefined, (err: unknown) => ({ err }));
  await setUp({ config, place: secrets, now: Math.floor(Date.now() / 1000), log });
  // Certificates are made anew all the same, which may be why somebody looks at this run.
  if (failure) throw failure.err;
});
