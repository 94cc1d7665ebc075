import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

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
    /** File with the cluster's JSON Web Key Set. */
    tokenKeys: env.OSM_TOKEN_KEYS,
    healthPort: env.OSM_HEALTH_PORT,
  }));
export type XdsConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): XdsConfig {
  return parseEnv(variables, env);
}
