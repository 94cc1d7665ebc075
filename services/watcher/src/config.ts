import { hostname } from "node:os";
import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

const variables = z
  .object({
    OSM_MESH_NAME: envFields.mesh,
    OSM_NAMESPACE: z.string().min(1).default("osm-system"),
    OSM_REPLICA: envFields.replica.default(() => hostname().toLowerCase()),
    OSM_BUS_URL: envFields.url,
    OSM_CLUSTER_URL: z.string().regex(/^(folder:.|kubernetes:)/),
    OSM_XDS_SERVER_NAME: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/).optional(),
    OSM_HEALTH_PORT: envFields.port.default(9091),
    OSM_CLAIMS_ALIAS: z.enum(["true", "false"]).default("false"),
  })
  .transform((env) => ({
    mesh: env.OSM_MESH_NAME,
    context: { mesh: env.OSM_MESH_NAME, osmNamespace: env.OSM_NAMESPACE, claimsAlias: env.OSM_CLAIMS_ALIAS === "true" },
    replica: env.OSM_REPLICA,
    busUrl: env.OSM_BUS_URL,
    /** `folder:<path>[,<path>]` or `kubernetes:[<kubeconfig>][?context=<name>]`. */
    clusterUrl: env.OSM_CLUSTER_URL,
    /** DNS name in the certificate of the xDS servers, which sidecars are told to expect. */
    xdsServerName: env.OSM_XDS_SERVER_NAME ?? `osm-xds.${env.OSM_NAMESPACE}.svc`,
    healthPort: env.OSM_HEALTH_PORT,
  }));
export type WatcherConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): WatcherConfig {
  return parseEnv(variables, env);
}
