import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { natsServerConfig } from "@osm/bus";
import type { MeshName } from "@osm/model";
import { processEnv } from "@osm/runtime";
import { redisServerConfig } from "@osm/store";
import type { ServerPem } from "../server-certificate.ts";
import { users, type Credentials, type User } from "./credentials.ts";
import { freePort } from "./free-port.ts";
import { manageProcess, type ManagedProcess } from "./managed-process.ts";

/** Meshes that share the servers; they have neither account nor key in common. */
export type Tenants = ReadonlyMap<MeshName, Credentials>;

export interface BackbonePlan {
  readonly mesh: MeshName;
  readonly dir: string;
  readonly logs: string;
  /** Address that both listen on. */
  readonly listen: string;
  readonly tls: ServerPem;
  /** This mesh, and those beside it. */
  readonly tenants: Tenants;
  /** Lines for Redis' configuration beside what the mesh needs. */
  readonly redisExtra?: string;
}

/** A NATS and a Redis server as a mesh has them, with TLS, and a user with the least rights for each service. */
export interface Backbone {
  readonly nats: ManagedProcess;
  readonly redis: ManagedProcess;
  /** Where Redis is reached, with TLS. */
  readonly redisFront: ManagedProcess;
  readonly ports: { readonly nats: number; readonly redis: number };
  /** For a service that reaches the server at an address. */
  readonly busUrl: (user: User, host: string) => string;
  readonly storeUrl: (user: User, host: string) => string;
  /** The same servers, as a mesh beside this one has them. @throws Error for one that they were not prepared for. */
  readonly beside: (mesh: MeshName) => Backbone;
  /** To be called while NATS does not run. */
  readonly loseDisk: () => Promise<void>;
}

const maxDiskBytes = 2 ** 30;
const maxCacheBytes = 2 ** 28;

/** Writes their configuration; they are started by the caller. */
export async function prepareBackbone({ mesh, dir, logs, listen, tls, tenants, redisExtra = "" }: BackbonePlan): Promise<Backbone> {
  const files = { certificate: join(dir, "backbone.crt"), key: join(dir, "backbone.key") };
  const [disk, socket] = [join(dir, "nats"), join(dir, "redis.sock")];
  const ports = { nats: await freePort(), redis: await freePort() };
  const meshes = [...tenants].map(([tenant, { passwords }]) => ({ mesh: tenant, maxDiskBytes, users: users.map((service) => ({ mesh: tenant, service, password: passwords[service] })) }));
  const natsConfig = natsServerConfig({ listen: `${listen}:${ports.nats}`, tls: files, storeDir: disk, maxDiskBytes: meshes.length * maxDiskBytes, meshes });
  const redisConfig = redisServerConfig({ port: 0, maxBytes: maxCacheBytes, users: meshes.flatMap((each) => each.users) });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const written = {
    "backbone.crt": tls.certificate, "backbone.key": tls.key, "nats.conf": natsConfig,
    "redis.conf": `unixsocket ${socket}\nunixsocketperm 600\ndir ${dir}\n${redisExtra}${redisConfig}`,
  };
  for (const [file, text] of Object.entries(written)) await writeFile(join(dir, file), text, { mode: 0o600 });

  const env = processEnv();
  const front = { FRONT_HOST: listen, FRONT_PORT: `${ports.redis}`, FRONT_CERTIFICATE: files.certificate, FRONT_KEY: files.key, FRONT_TO: socket };
  const servers = {
    nats: manageProcess({ name: "nats", argv: [env["NATS_SERVER_BIN"] ?? "nats-server", "-c", join(dir, "nats.conf")], logFile: join(logs, "nats.log"), ready: /Server is ready/ }),
    redis: manageProcess({ name: "redis", argv: [env["REDIS_SERVER_BIN"] ?? "redis-server", join(dir, "redis.conf")], logFile: join(logs, "redis.log"), ready: /Ready to accept connections/ }),
    redisFront: manageProcess({ name: "redis-front", argv: [process.execPath, join(import.meta.dirname, "tls-front-main.ts")], env: front, logFile: join(logs, "redis-front.log"), ready: /front serves/ }),
    ports,
    loseDisk: () => rm(disk, { recursive: true, force: true }),
  };
  return backboneOf(mesh, servers, tenants);
}

type Servers = Omit<Backbone, "busUrl" | "storeUrl" | "beside">;

function backboneOf(mesh: MeshName, servers: Servers, tenants: Tenants): Backbone {
  const credentials = tenants.get(mesh);
  if (!credentials) throw new Error(`NATS and Redis have no users for the mesh ${mesh}`);
  const query = (user: User) => `credentials=${encodeURIComponent(credentials.folder(user))}`;
  return {
    ...servers,
    busUrl: (user, host) => `tls://${host}:${servers.ports.nats}?${query(user)}`,
    storeUrl: (user, host) => `rediss://${host}:${servers.ports.redis}?${query(user)}`,
    beside: (other) => backboneOf(other, servers, tenants),
  };
}
