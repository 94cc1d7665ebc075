import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, needs } from "../../libs/testkit/src/index.ts";
import { parseConfig, setUp } from "../../services/setup/src/index.ts";
import { secretsInMemory } from "../../services/setup/test/secrets-in-memory.ts";
import { allHealthy, startNatsCluster, type NatsCluster, type NatsFiles } from "./nats-cluster.ts";
import { at, listAt, objectsIn, render } from "./rendered-chart.ts";

const silent = () => {};
const visitor = join(import.meta.dirname, "bus-visit.ts");
/** A server that has no business among them, though the same authority signed for it. */
const stranger = 2;

needs("helm", "nats-server", "root")("three servers of the bus, as the chart and its setup configure them", () => {
  const secrets = secretsInMemory();
  let folder: string;
  let urlOf: (at: number) => string;
  let filesOf: (secret: string) => NatsFiles;
  let cluster: NatsCluster;

  beforeAll(async () => {
    const now = Math.floor(Date.now() / 1000);
    await setUp({ config: parseConfig({ OSM_MESH_NAME: "osm", OSM_NAMESPACE: "osm-system" }), place: secrets, now, log: { debug: silent, info: silent, warn: silent, error: silent } });
    const objects = objectsIn(await render("--set", "osm.nats.replicaCount=3"));
    const configMap = objects.find((object) => at(object, "kind") === "ConfigMap" && at(object, "metadata", "name") === "osm-nats");
    const held = (secret: string, key: string) => secrets.held(secret)[key] ?? "";
    filesOf = (secret) => ({
      "nats.conf": held("osm-nats", "nats.conf"), "cluster.conf": String(at(configMap, "data", "cluster.conf")), "tls.crt": held(secret, "tls.crt"), "tls.key": held(secret, "tls.key"), "ca.crt": held("osm-nats", "ca.crt"),
    });
    folder = await credentialsIn((key) => held("osm-watcher", key));
    const url = new URL(busUrlIn(objects));
    urlOf = (to) => `tls://osm-nats.osm-system.svc:${cluster.places[to]?.client}?credentials=${folder}&replicas=${url.searchParams.get("replicas")}&maxBytes=${url.searchParams.get("maxBytes")}`;
    cluster = await startNatsCluster(() => filesOf("osm-nats"));
    await allHealthy(cluster);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("find one another over TLS and agree on one that leads", async () => {
    const leaders = await Promise.all([0, 1, 2].map(async (server) => at(await cluster.asks(server, "/jsz"), "meta_cluster", "leader")));
    expect(leaders[0]).toMatch(/^osm-nats-cluster-[012]$/);
    expect(new Set(leaders).size).toBe(1);
    for (const server of [0, 1, 2]) expect(new Set(listAt(await cluster.asks(server, "/routez"), "routes").map((route) => at(route, "remote_name"))).size).toBe(2);
  });

  test("keep the stream three times, within the room of the mesh's account", async () => {
    expect(await cluster.visit(process.execPath, visitor, urlOf(0), "written")).toBe("written\n");
    const [account] = listAt(await cluster.asks(0, "/jsz?accounts=true&streams=true&config=true"), "account_details");
    const [stream] = listAt(account, "stream_detail");
    expect(at(stream, "config", "num_replicas")).toBe(3);
    expect(at(stream, "config", "max_bytes")).toBe(268_435_456);
  });

  test.each(["the one that leads", "one that follows"])("go on without %s, and it takes up what it missed", async (which) => {
    const leader = String(at(await cluster.asks(0, "/jsz"), "meta_cluster", "leader"));
    const gone = [0, 1, 2].find((server) => (leader === `osm-nats-cluster-${server}`) === (which === "the one that leads")) ?? 0;
    await cluster.kill(gone);
    const [other = 0] = [0, 1, 2].filter((server) => server !== gone);
    await eventually(async () => expect(await cluster.visit(process.execPath, visitor, urlOf(other), `without ${gone}`)).toBe(`without ${gone}\n`), { deadlineMs: 40_000 });
    await cluster.start(gone);
    await allHealthy(cluster);
    expect(await cluster.visit(process.execPath, visitor, urlOf(gone))).toBe(`without ${gone}\n`);
  });

  test("let none join by the certificate of another server of the control plane", async () => {
    await using other = await startNatsCluster((name) => filesOf(name === `osm-nats-cluster-${stranger}` ? "osm-redis" : "osm-nats"));
    await eventually(async () => expect(await other.logOf(0)).toMatch(/TLS route handshake error: .*incompatible key usage/), { deadlineMs: 30_000, everyMs: 200 });
    expect(listAt(await other.asks(stranger, "/routez"), "routes")).toEqual([]);
  });
});

async function credentialsIn(held: (key: string) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "osm-credentials-"));
  await mkdir(folder, { recursive: true });
  for (const [file, key] of [["user", "bus.user"], ["password", "bus.password"], ["ca.crt", "ca.crt"]] as const) await writeFile(join(folder, file), held(key), { mode: 0o600 });
  return folder;
}

function busUrlIn(objects: readonly unknown[]): string {
  const watcher = objects.find((object) => at(object, "kind") === "Deployment" && at(object, "metadata", "name") === "osm-watcher");
  const [container] = listAt(watcher, "spec", "template", "spec", "containers");
  return String(at(listAt(container, "env").find((each) => at(each, "name") === "OSM_BUS_URL"), "value"));
}
