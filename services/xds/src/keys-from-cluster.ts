import { parseJwks, type JwkSet } from "@osm/pki";
import { keysFrom, type KeySource } from "./key-source.ts";
import { askCluster, type OwnCluster } from "./own-cluster.ts";

const question = { path: "/openid/v1/jwks", accept: "application/jwk-set+json", withinMs: 10_000, what: "for the keys of tokens" };

/** Keys that the API server of the pod's own cluster signs tokens with. Any account of the cluster may read them. */
export function keysFromCluster(cluster: OwnCluster, now: () => number): KeySource {
  return keysFrom(() => readKeys(cluster), now);
}

async function readKeys(cluster: OwnCluster): Promise<JwkSet> {
  return parseJwks(await askCluster(cluster, question));
}
