import { envFields, parseEnv, type Env } from "@osm/runtime";
import { z } from "zod";

const name = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
const bytes = z.coerce.number().int().min(16_777_216);
const flag = z.enum(["true", "false"]).transform((text) => text === "true");

/** `deployments/osm-redis=osm-redis`: a workload that reads its certificate when it starts, and the Secret that it reads. */
const workload = z.string().regex(/^(deployments|statefulsets)\/[a-z0-9-]+=[a-z0-9-]+$/).transform((text) => {
  const [kind = "", name = "", secret = ""] = text.split(/[/=]/);
  return { kind, name, secret };
});
export type Workload = Readonly<z.output<typeof workload>>;

const variables = z
  .object({
    OSM_MESH_NAME: envFields.mesh,
    OSM_NAMESPACE: name,
    OSM_TRUST_DOMAIN: envFields.trustDomain,
    OSM_CLUSTER_URL: z.string().regex(/^kubernetes:/).default("kubernetes:"),
    OSM_CA_BUNDLE_SECRET: name.default("osm-ca-bundle"),
    OSM_NATS_BUNDLED: flag.prefault("true"),
    OSM_NATS_MAX_BYTES: bytes.default(1_073_741_824),
    OSM_REDIS_BUNDLED: flag.prefault("true"),
    OSM_REDIS_MAX_BYTES: bytes.default(268_435_456),
    OSM_STARTS_ANEW: z.string().default("").transform((list) => list.split(",").filter((each) => each !== "")).pipe(z.array(workload)),
  })
  .transform((env) => ({
    mesh: env.OSM_MESH_NAME,
    namespace: env.OSM_NAMESPACE,
    trustDomain: env.OSM_TRUST_DOMAIN,
    clusterUrl: env.OSM_CLUSTER_URL,
    /** Secret with the mesh's root: `ca.crt` and `ca.key`. One that is there is taken as it is. */
    caBundleSecret: env.OSM_CA_BUNDLE_SECRET,
    /** Undefined where the servers are not ours: their users are not either. */
    nats: env.OSM_NATS_BUNDLED ? { maxBytes: env.OSM_NATS_MAX_BYTES } : undefined,
    /** Those to start anew, one each run, when their certificates have become others; none where it runs before the others. */
    startsAnew: env.OSM_STARTS_ANEW,
    /** It runs beside the others: what they log in with is not its to write. */
    renewsOnly: env.OSM_STARTS_ANEW.length > 0,
    redis: env.OSM_REDIS_BUNDLED ? { maxBytes: env.OSM_REDIS_MAX_BYTES } : undefined,
  }));
export type SetupConfig = Readonly<z.output<typeof variables>>;

/** @throws ConfigError */
export function parseConfig(env: Env): SetupConfig {
  return parseEnv(variables, env);
}
