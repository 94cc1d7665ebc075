import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";
import type { OwnCluster } from "./own-cluster.ts";

const variables = z
  .object({
    OSM_MESH_NAME: envFields.mesh,
    OSM_REPLICA: envFields.replica,
    OSM_BUS_URL: envFields.url,
    OSM_STORE_URL: envFields.url,
    OSM_XDS_ADDRESS: z.string().min(1).default("0.0.0.0:15128"),
    OSM_XDS_TLS_DIR: z.string().min(1),
    OSM_TOKEN_ISSUERS: z.string().min(1),
    OSM_TOKEN_KEYS: z.string().min(1),
    KUBERNETES_SERVICE_HOST: z.string().default("kubernetes.default.svc"),
    KUBERNETES_SERVICE_PORT: z.string().default("443"),
    OSM_HEALTH_PORT: envFields.port.default(9091),
  })
  .transform((env) => ({
    mesh: env.OSM_MESH_NAME,
    replica: env.OSM_REPLICA,
    busUrl: env.OSM_BUS_URL,
    storeUrl: env.OSM_STORE_URL,
    address: env.OSM_XDS_ADDRESS,
    /** Holds `tls.crt` and `tls.key`, as a Secret is mounted. */
    tlsDir: env.OSM_XDS_TLS_DIR,
    issuers: env.OSM_TOKEN_ISSUERS.split(","),
    /**
     * `kubernetes:`, the API of the pod's own cluster, with the account in `kubernetes:<folder>` where it is not the pod's; or a file
     * with the cluster's JSON Web Key Set.
     */
    tokenKeys: tokenKeysOf(env.OSM_TOKEN_KEYS, { host: env.KUBERNETES_SERVICE_HOST, port: env.KUBERNETES_SERVICE_PORT }),
    healthPort: env.OSM_HEALTH_PORT,
  }));

export type TokenKeys = { readonly kind: "file"; readonly path: string } | ({ readonly kind: "cluster" } & OwnCluster);

const cluster = "kubernetes:";

function tokenKeysOf(text: string, api: Omit<OwnCluster, "accountDir">): TokenKeys {
  if (!text.startsWith(cluster)) return { kind: "file", path: text };
  return { kind: "cluster", ...api, accountDir: text.slice(cluster.length) || "/var/run/secrets/kubernetes.io/serviceaccount" };
}

export type XdsConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): XdsConfig {
  return parseEnv(variables, env);
}
