import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsServerConfig } from "../../../libs/bus/src/index.ts";
import { meshName } from "../../../libs/model/src/index.ts";
import { createRoot, generateKeyPair, parseAuthority, privateKeyPem, signServer } from "../../../libs/pki/src/index.ts";
import { redisServerConfig } from "../../../libs/store/src/index.ts";
import type { Service } from "../../../libs/wire/src/index.ts";
import type { RealCluster } from "../../cluster/for-tests.ts";

const namespace = "backbone";
const services = ["watcher", "compiler", "ca", "xds", "cli"] as const;
const maxBytes = 268_435_456;
const ports: Readonly<Record<string, number>> = { nats: 4222, redis: 6379 };

/** A control plane that is to use it. */
export interface SharingMesh {
  readonly mesh: string;
  readonly controlPlane: string;
}

/** One NATS and one Redis, of nobody's release, with the users of several meshes. */
export interface SharedBackbone {
  /** For the chart of each mesh. */
  readonly values: string;
  readonly natsUrl: string;
  readonly redisUrl: string;
  /** Lends a folder with what a service of a mesh holds in its Secret, as it is mounted. */
  withCredentials<T>(of: { readonly mesh: SharingMesh; readonly service: Service; readonly at: "bus" | "store" }, use: (folder: string) => Promise<T>): Promise<T>;
}

/**
 * Starts both servers in a namespace of their own, and puts their root beside what the Secrets of the meshes hold, as an operator
 * would before moving there. Users and passwords are those that the services have already.
 */
export async function openSharedBackbone(cluster: RealCluster, meshes: readonly SharingMesh[]): Promise<SharedBackbone> {
  const held = async ({ controlPlane }: SharingMesh, service: Service, key: string): Promise<string> =>
    Buffer.from(await cluster.kubectl("-n", controlPlane, "get", "secret", `osm-${service}`, "-o", `jsonpath={.data.${key.replace(".", "\\.")}}`), "base64").toString();
  await cluster.kubectl("create", "namespace", namespace);
  const users = await Promise.all(meshes.map(async (each) => ({ mesh: meshName(each.mesh), users: await usersOf((service, key) => held(each, service, key)) })));
  await cluster.apply(...["nats", "redis"].map((name) => ({ apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { selector: { app: name }, ports: [{ port: ports[name] }] } })));
  const addresses = await Promise.all(["nats", "redis"].map(async (name) => (await cluster.kubectl("-n", namespace, "get", "service", name, "-o", "jsonpath={.spec.clusterIP}")).trim()));
  const root = await rootAndServer(addresses);
  const tls = (folder: string) => ({ certificate: `${folder}/tls.crt`, key: `${folder}/tls.key` });
  const nats = natsServerConfig({ listen: "0.0.0.0:4222", tls: tls("/etc/nats"), storeDir: "/data", maxDiskBytes: 2 * maxBytes, meshes: users.map(({ mesh, users: of }) => ({ mesh, maxDiskBytes: maxBytes, users: of.map(({ service, bus }) => ({ service, password: bus })) })) });
  const redis = redisServerConfig({ port: 6379, tls: tls("/etc/redis"), maxBytes, users: users.flatMap(({ mesh, users: of }) => of.filter(({ store }) => store !== "").map(({ service, store }) => ({ mesh, service, password: store }))) });
  const image = (name: string): string => new RegExp(`osm\\.${name}\\.image=([^,]+)`).exec(cluster.imageValues.join())?.[1] ?? "";
  await cluster.apply(
    ...server({ name: "nats", image: image("nats"), port: 4222, command: ["nats-server", "--config", "/etc/nats/server.conf"] }, { ...root.files, "server.conf": nats }),
    ...server({ name: "redis", image: image("redis"), port: 6379, command: ["redis-server", "/etc/redis/server.conf"] }, { ...root.files, "server.conf": redis }),
  );
  for (const mesh of meshes) for (const service of services) await trustBoth(cluster, mesh, { service, held: await held(mesh, service, "ca.crt"), root: root.certPem });
  await cluster.kubectl("-n", namespace, "wait", "--for=condition=Available", "deployment/nats", "deployment/redis", "--timeout=120s");
  return {
    values: `osm.nats.bundled=false,osm.nats.url=tls://nats.${namespace}.svc:4222,osm.nats.maxBytes=${maxBytes},osm.redis.bundled=false,osm.redis.url=rediss://redis.${namespace}.svc:6379`,
    natsUrl: `tls://${addresses[0]}:4222`,
    redisUrl: `rediss://${addresses[1]}:6379`,
    withCredentials: async ({ mesh, service, at }, use) => {
      const folder = await mkdtemp(join(tmpdir(), "osm-shared-"));
      try {
        for (const key of ["user", "password"]) await writeFile(join(folder, key), await held(mesh, service, `${at}.${key}`), { mode: 0o600 });
        await writeFile(join(folder, "ca.crt"), await held(mesh, service, "ca.crt"));
        return await use(folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function usersOf(held: (service: Service, key: string) => Promise<string>): Promise<readonly { readonly service: Service; readonly bus: string; readonly store: string }[]> {
  return await Promise.all(services.map(async (service) => ({ service, bus: await held(service, "bus.password"), store: await held(service, "store.password") })));
}

async function rootAndServer(ips: readonly string[]) {
  const now = Math.floor(Date.now() / 1000);
  const root = await createRoot({ commonName: "backbone.example", now, lifetimeSec: 86_400 });
  const pair = await generateKeyPair();
  const dnsNames = ["nats", "redis"].map((name) => `${name}.${namespace}.svc`);
  const { chainPem } = signServer({ publicKey: pair.publicKey, dnsNames, ips, ca: parseAuthority("servers", root), now, validitySec: 86_400 });
  return { certPem: root.certPem, files: { "tls.crt": chainPem, "tls.key": privateKeyPem(pair.privateKey).open() } };
}

function server({ name, image, port, command }: { readonly name: string; readonly image: string; readonly port: number; readonly command: readonly string[] }, files: Readonly<Record<string, string>>): readonly object[] {
  const labels = { app: name };
  const volumes = [{ name: "server", secret: { secretName: name, defaultMode: 0o440 } }, { name: "data", emptyDir: {} }];
  const volumeMounts = [{ name: "server", mountPath: `/etc/${name}` }, { name: "data", mountPath: "/data" }];
  const container = { name, image, command, ports: [{ containerPort: port }], readinessProbe: { tcpSocket: { port }, periodSeconds: 1 }, volumeMounts, workingDir: "/data" };
  const spec = { securityContext: { runAsUser: 1000, fsGroup: 1000 }, containers: [container], volumes };
  return [
    { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData: files },
    { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace }, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } } },
  ];
}

async function trustBoth(cluster: RealCluster, { controlPlane }: SharingMesh, { service, held, root }: { readonly service: Service; readonly held: string; readonly root: string }): Promise<void> {
  const data = { "ca.crt": Buffer.from(`${held.trim()}\n${root.trim()}\n`).toString("base64") };
  await cluster.kubectl("-n", controlPlane, "patch", "secret", `osm-${service}`, "--type=merge", "-p", JSON.stringify({ data }));
}
