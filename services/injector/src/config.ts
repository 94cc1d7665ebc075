import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

const variables = z
  .object({
    OSM_INJECTOR_PORT: envFields.port.default(9090),
    OSM_HEALTH_PORT: envFields.port.default(9091),
    OSM_INJECTOR_TLS_DIR: z.string().min(1),
    OSM_INJECTOR_MESH_FILE: z.string().min(1),
  })
  .transform((env) => ({
    port: env.OSM_INJECTOR_PORT,
    healthPort: env.OSM_HEALTH_PORT,
    /** Where `tls.crt` and `tls.key` are, as a Secret is mounted. */
    tlsDir: env.OSM_INJECTOR_TLS_DIR,
    /** The mesh's settings and its namespaces, as JSON. */
    meshFile: env.OSM_INJECTOR_MESH_FILE,
  }));
export type InjectorConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): InjectorConfig {
  return parseEnv(variables, env);
}
