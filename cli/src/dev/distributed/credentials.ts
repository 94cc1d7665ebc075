import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { natsUser } from "@osm/bus";
import type { MeshName } from "@osm/model";
import type { Service } from "@osm/wire";

/** Who has a user in NATS, and where its rights say so in Redis. */
export const users = ["watcher", "compiler", "ca", "xds"] as const satisfies readonly Service[];
export type User = (typeof users)[number];

export interface Credentials {
  /** As a Secret is mounted: `user`, `password`, `ca.crt`. One folder for NATS and Redis: a service has the same name in both. */
  readonly folder: (user: User) => string;
  readonly passwords: Readonly<Record<User, string>>;
}

/** Draws a password for each service and writes what it needs to connect, for nobody else to read. */
export async function writeCredentials(dir: string, mesh: MeshName, root: string): Promise<Credentials> {
  const folder = (user: User) => join(dir, user);
  const passwords = { watcher: newPassword(), compiler: newPassword(), ca: newPassword(), xds: newPassword() };
  for (const user of users) {
    await mkdir(folder(user), { recursive: true, mode: 0o700 });
    const files = { user: natsUser(mesh, user), password: passwords[user], "ca.crt": root };
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder(user), file), text, { mode: 0o600 });
  }
  return { folder, passwords };
}

function newPassword(): string {
  return randomBytes(24).toString("base64url");
}
