import { openKubeApi } from "@osm/kube";
import { runService } from "@osm/runtime";
import { parseConfig } from "./config.ts";
import { placeOf } from "./cluster-place.ts";
import { secretsOf } from "./secret-place.ts";
import { setUp } from "./setup.ts";

// Runs once before the others: roots, accounts and certificates into Secrets. What is there stays.
await runService("setup", parseConfig, async ({ config, signal, log }) => {
  const api = openKubeApi(placeOf(config.clusterUrl));
  const labels = { "app.kubernetes.io/name": "openservicemesh.io", "app.kubernetes.io/instance": config.mesh, "app.kubernetes.io/managed-by": "osm-setup" };
  await setUp({ config, place: secretsOf({ api, namespace: config.namespace, labels, signal }), now: Math.floor(Date.now() / 1000), log });
});
