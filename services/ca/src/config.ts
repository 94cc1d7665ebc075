import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";
import { usualRate } from "./ca.ts";
import { durationSec } from "./duration.ts";

const variables = z
  .object({
    OSM_MESH_NAME: envFields.mesh,
    OSM_TRUST_DOMAIN: envFields.trustDomain,
    OSM_SERVICE_CERT_VALIDITY: durationSec.prefault("24h"),
    OSM_BUS_URL: envFields.url,
    OSM_HEALTH_PORT: envFields.port.default(9091),
    OSM_CA_ROOT_DIR: z.string().min(1),
    OSM_CA_REPLICA_RATE: z.coerce.number().int().min(1).max(100_000).default(usualRate.perSecond),
    OSM_CA_REPLICA_BURST: z.coerce.number().int().min(1).max(1_000_000).default(usualRate.burst),
    OSM_CA_CREATE_ROOT: z.enum(["true", "false"]).default("false"),
  })
  .transform((env) => ({
    mesh: env.OSM_MESH_NAME,
    trustDomain: env.OSM_TRUST_DOMAIN,
    validitySec: env.OSM_SERVICE_CERT_VALIDITY,
    busUrl: env.OSM_BUS_URL,
    healthPort: env.OSM_HEALTH_PORT,
    /** Where `ca.crt` and `ca.key` are, as a Secret is mounted. */
    rootFolder: env.OSM_CA_ROOT_DIR,
    /** What one xDS replica may ask for. */
    rate: { perSecond: env.OSM_CA_REPLICA_RATE, burst: env.OSM_CA_REPLICA_BURST },
    createRoot: env.OSM_CA_CREATE_ROOT === "true",
  }));
export type CaConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): CaConfig {
  return parseEnv(variables, env);
}
