import { injectionSettings } from "@osm/inject";
import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

const settings = injectionSettings.unwrap().shape;
const flag = z.enum(["true", "false"]).default("false").transform((text) => text === "true");

const served = z.object({
  OSM_INJECTOR_PORT: envFields.port.default(9090),
  OSM_HEALTH_PORT: envFields.port.default(9091),
  OSM_INJECTOR_TLS_DIR: z.string().min(1),
});

const fromFile = served.extend({ OSM_INJECTOR_MESH_FILE: z.string().min(1) }).transform((env) => ({
  ...servedOf(env),
  /** The mesh's settings and its namespaces, as JSON. */
  source: { kind: "file" as const, path: env.OSM_INJECTOR_MESH_FILE },
}));

const fromCluster = served
  .extend({
    OSM_CLUSTER_URL: z.string().regex(/^(folder:.|kubernetes:)/),
    OSM_MESH_NAME: envFields.mesh,
    OSM_NAMESPACE: settings.meshNamespace.default("osm-system"),
    OSM_XDS_HOST: settings.xds.unwrap().shape.host.optional(),
    OSM_XDS_PORT: envFields.port.default(15_128),
    OSM_XDS_SERVER_NAME: settings.xds.unwrap().shape.serverName.optional(),
    OSM_ENVOY_IMAGE: settings.envoyImage,
    OSM_INIT_IMAGE: settings.initImage,
    OSM_IMAGE_PULL_POLICY: settings.imagePullPolicy,
    OSM_IP_FAMILY: settings.ipFamily.unwrap().optional(),
    /** In every pod: the address of the API server, which is of the cluster's main family. */
    KUBERNETES_SERVICE_HOST: z.string().default(""),
    OSM_SIDECAR_MODE: settings.sidecarMode,
    OSM_STOP_DELAY_S: z.coerce.number().int().min(0).max(300).default(5),
    OSM_CLAIMS_ALIAS: flag,
    OSM_KEEPS_WEBHOOKS: flag,
  })
  .transform((env) => {
    const service = `osm-xds.${env.OSM_NAMESPACE}.svc`;
    return {
      ...servedOf(env),
      source: {
        kind: "cluster" as const,
        url: env.OSM_CLUSTER_URL,
        claimsAlias: env.OSM_CLAIMS_ALIAS,
        /** Whether the webhook configurations are kept naming our roots. */
        keepsWebhooks: env.OSM_KEEPS_WEBHOOKS,
        installed: injectionSettings.parse({
          mesh: env.OSM_MESH_NAME,
          meshNamespace: env.OSM_NAMESPACE,
          xds: { host: env.OSM_XDS_HOST ?? service, port: env.OSM_XDS_PORT, serverName: env.OSM_XDS_SERVER_NAME ?? service },
          envoyImage: env.OSM_ENVOY_IMAGE,
          initImage: env.OSM_INIT_IMAGE,
          imagePullPolicy: env.OSM_IMAGE_PULL_POLICY,
          ipFamily: env.OSM_IP_FAMILY ?? (env.KUBERNETES_SERVICE_HOST.includes(":") ? "ipv6" : "ipv4"),
          sidecarMode: env.OSM_SIDECAR_MODE,
          stopDelaySec: env.OSM_STOP_DELAY_S,
        }),
      },
    };
  });

export type InjectorConfig = Readonly<z.output<typeof fromFile> | z.output<typeof fromCluster>>;
export type ClusterSource = z.output<typeof fromCluster>["source"];

/** From a file where one is named, else from a cluster. @throws ConfigError */
export function parseConfig(env: Env): InjectorConfig {
  return env["OSM_INJECTOR_MESH_FILE"] ? parseEnv(fromFile, env) : parseEnv(fromCluster, env);
}

function servedOf(env: z.output<typeof served>) {
  return {
    port: env.OSM_INJECTOR_PORT,
    healthPort: env.OSM_HEALTH_PORT,
    /** Where `tls.crt`, `tls.key` and, where webhooks are kept, `ca.crt` are, as a Secret is mounted. */
    tlsDir: env.OSM_INJECTOR_TLS_DIR,
  };
}
