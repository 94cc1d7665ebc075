import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { natsServerConfig, natsUser } from "@osm/bus";
import type { MeshName } from "@osm/model";
import { redisServerConfig } from "@osm/store";
import { freePort } from "@osm/testkit";
import type { Service } from "@osm/wire";
import type { ShownPem } from "./credentials.ts";
import { startServiceProcess, type ServiceProcess } from "./service-process.ts";

/** Services that have a user in NATS and Redis. */
export const users = ["watcher", "compiler", "ca", "xds"] as const satisfies readonly Service[];
export type User = (typeof users)[number];

/** A NATS server with TLS and a Redis server, each with a user of the least rights for each service. */
export interface Backbone extends AsyncDisposable {
  readonly servers: readonly ServiceProcess[];
  busUrl(user: User): string;
  storeUrl(user: User): string;
}

export interface BackbonePlan {
  readonly mesh: MeshName;
  /** Theirs alone, and empty. */
  readonly dir: string;
  /** What NATS shows, and what it is trusted by. */
  readonly tls: ShownPem;
  readonly root: string;
  readonly core: number | undefined;
}

const maxDiskBytes = 2 ** 30;
const maxCacheBytes = 2 ** 28;

/** Redis listens on the loopback in the clear: not every build of it knows TLS. */
export async function startBackbone({ mesh, dir, tls, root, core }: BackbonePlan): Promise<Backbone> {
  const passwords = new Map(users.map((user) => [user, randomBytes(24).toString("base64url")]));
  const folder = (user: User) => join(dir, user);
  for (const [user, password] of passwords) await writeFiles(folder(user), { user: natsUser(mesh, user), password, "ca.crt": root });
  const entries = [...passwords].map(([service, password]) => ({ mesh, service, password }));
  const ports = { nats: await freePort(), redis: await freePort() };
  const files = { certificate: join(dir, "nats.crt"), key: join(dir, "nats.key") };
  const meshes = [{ mesh, users: entries, maxDiskBytes }];
  await writeFiles(dir, {
    "nats.crt": tls.certificate,
    "nats.key": tls.key,
    "nats.conf": natsServerConfig({ listen: `127.0.0.1:${ports.nats}`, tls: files, storeDir: join(dir, "disk"), maxDiskBytes, meshes }),
    "redis.conf": `bind 127.0.0.1\ndir ${dir}\n${redisServerConfig({ port: ports.redis, maxBytes: maxCacheBytes, users: entries })}`,
  });
  await using starting = new AsyncDisposableStack();
  const start = async (name: string, argv: readonly [string, ...string[]], ready: RegExp) => starting.use(await startServiceProcess({ name, argv, core, ready }));
  const servers = [
    await start("nats", [process.env["NATS_SERVER_BIN"] ?? "nats-server", "-c", join(dir, "nats.conf")], /Server is ready/),
    await start("redis", [process.env["REDIS_SERVER_BIN"] ?? "redis-server", join(dir, "redis.conf")], /Ready to accept connections/),
  ];
  const running = starting.move();
  return {
    servers,
    busUrl: (user) => `tls://127.0.0.1:${ports.nats}?credentials=${encodeURIComponent(folder(user))}`,
    storeUrl: (user) => `redis://127.0.0.1:${ports.redis}?credentials=${encodeURIComponent(folder(user))}`,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** For nobody else to read. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
}
