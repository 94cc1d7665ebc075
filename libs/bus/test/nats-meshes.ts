import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect, type NatsConnection, type TlsOptions } from "@nats-io/transport-node";
import type { MeshName } from "@osm/model";
import { silentLog, type Log } from "@osm/runtime";
import { loopbackCertificate } from "@osm/testkit";
import { services, type Service } from "@osm/wire";
import { natsServerConfig, natsUser, openBus, type Bus } from "../src/index.ts";
import { inboxPrefix } from "../src/nats/inbox.ts";
import { startNats, type NatsServer } from "./nats-server.ts";

/** A NATS server as an operator would set it up: TLS, an account for each mesh, a user for each service. */
export interface NatsMeshes extends AsyncDisposable {
  readonly server: NatsServer;
  /** The folder of a service's credentials, as its Secret is mounted. */
  readonly credentials: (mesh: MeshName, service: Service) => string;
  readonly open: (mesh: MeshName, service: Service, options?: { readonly as?: MeshName; readonly log?: Log }) => Promise<Bus>;
  /** The bare client of a service that has been taken over. */
  readonly hostile: (mesh: MeshName, service: Service) => Promise<NatsConnection>;
}

const host = "127.0.0.1";
const never = new AbortController().signal;
const mebibyte = 2 ** 20;
export const streamBytes = 8 * mebibyte;
const passwordOf = (mesh: MeshName, service: Service): string => `password of ${service} in ${mesh}`;

export async function startNatsMeshes(meshes: readonly MeshName[]): Promise<NatsMeshes> {
  const server = await startNats(async ({ folder, listen, storeDir }) => {
    const tls = await loopbackCertificate(folder);
    return natsServerConfig({
      listen,
      tls,
      storeDir,
      maxDiskBytes: 64 * mebibyte,
      meshes: meshes.map((mesh) => ({
        mesh,
        maxDiskBytes: 2 * streamBytes,
        users: services.map((service) => ({ service, password: passwordOf(mesh, service) })),
      })),
    });
  });
  const folder = (mesh: MeshName, service: Service): string => join(server.folder, "secrets", natsUser(mesh, service));
  for (const mesh of meshes) for (const service of services) await writeSecret(folder(mesh, service), mesh, service);
  return {
    server,
    credentials: folder,
    open: (mesh, service, { as = mesh, log = silentLog } = {}) =>
      openBus(`tls://${host}:${server.port}?maxBytes=${streamBytes}&credentials=${folder(mesh, service)}`, { mesh: as, signal: never, log }),
    hostile: (mesh, service) =>
      connect({
        servers: `${host}:${server.port}`,
        tls: hostTls(server.folder),
        user: natsUser(mesh, service),
        pass: passwordOf(mesh, service),
        inboxPrefix: inboxPrefix(natsUser(mesh, service)),
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function hostTls(folder: string): TlsOptions & { readonly host: string } {
  return { host, caFile: join(folder, "server.crt") };
}

async function writeSecret(folder: string, mesh: MeshName, service: Service): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all([
    writeFile(join(folder, "user"), natsUser(mesh, service)),
    writeFile(join(folder, "password"), passwordOf(mesh, service)),
    copyFile(join(folder, "..", "..", "server.crt"), join(folder, "ca.crt")),
  ]);
}
