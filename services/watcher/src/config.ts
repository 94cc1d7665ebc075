import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

const variables = z
  .object({
    OSM_MESH_NAME: envFields.mesh,
    OSM_NAMESPACE: z.string().min(1).default("osm-system"),
    OSM_BUS_URL: envFields.url,
    OSM_CLUSTER_URL: z.string().regex(/^folder:./),
    OSM_HEALTH_PORT: envFields.port.default(9091),
  })
  .transform((env) => ({
    context: { mesh: env.OSM_MESH_NAME, osmNamespace: env.OSM_NAMESPACE },
    busUrl: env.OSM_BUS_URL,
    /** Folders of manifests, as `folder:<path>[,<path>]`. */
    folders: env.OSM_CLUSTER_URL.slice("folder:".length).split(","),
    healthPort: env.OSM_HEALTH_PORT,
  }));
export type WatcherConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): WatcherConfig {
  return parseEnv(variables, env);
}
