import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

const variables = z
  .object({
    OSM_MESH_NAME: envFields.mesh,
    OSM_TRUST_DOMAIN: envFields.trustDomain,
    OSM_REPLICA: envFields.replica,
    OSM_BUS_URL: envFields.url,
    OSM_STORE_URL: envFields.url,
    OSM_HEALTH_PORT: envFields.port.default(9091),
  })
  .transform((env) => ({
    mesh: env.OSM_MESH_NAME,
    settings: { trustDomain: env.OSM_TRUST_DOMAIN },
    member: env.OSM_REPLICA,
    busUrl: env.OSM_BUS_URL,
    storeUrl: env.OSM_STORE_URL,
    healthPort: env.OSM_HEALTH_PORT,
  }));
export type CompilerConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): CompilerConfig {
  return parseEnv(variables, env);
}
