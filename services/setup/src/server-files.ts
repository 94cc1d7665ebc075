import { natsServerConfig } from "@osm/bus";
import type { MeshName } from "@osm/model";
import { redisServerConfig } from "@osm/store";
import type { Account } from "./accounts.ts";

/** Where the servers' pods have their Secret. */
const natsFolder = "/etc/nats";
const redisFolder = "/etc/redis";
/** A little of the disk stays free for what the server keeps beside the stream. */
const share = 0.9;

export function natsFile({ mesh, accounts, maxBytes }: { readonly mesh: MeshName; readonly accounts: readonly Account[]; readonly maxBytes: number }): string {
  const users = accounts.flatMap(({ service, busPassword }) => (busPassword === undefined ? [] : [{ service, password: busPassword }]));
  return natsServerConfig({
    listen: "0.0.0.0:4222",
    tls: { certificate: `${natsFolder}/tls.crt`, key: `${natsFolder}/tls.key` },
    storeDir: "/data",
    maxDiskBytes: maxBytes,
    meshes: [{ mesh, users, maxDiskBytes: Math.floor(maxBytes * share) }],
  });
}

export function redisFile({ mesh, accounts, maxBytes }: { readonly mesh: MeshName; readonly accounts: readonly Account[]; readonly maxBytes: number }): string {
  const users = accounts.flatMap(({ service, storePassword }) => (storePassword === undefined ? [] : [{ mesh, service, password: storePassword }]));
  return redisServerConfig({ port: 6379, tls: { certificate: `${redisFolder}/tls.crt`, key: `${redisFolder}/tls.key` }, maxBytes, users });
}
