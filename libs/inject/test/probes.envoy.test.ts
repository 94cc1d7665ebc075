import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { probeResources, type Probed } from "@osm/inject";
import { eventually, freePort, needs, programPath } from "@osm/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { grpcApp, httpApp, tcpApp, type App } from "./probed-apps.ts";
import { selfSigned } from "./stream-server.ts";

const times = { timeoutSec: 1, periodSec: 1 };

needs("envoy", "openssl")("a sidecar answers the probes of its app", () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-probes-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const stack = new AsyncDisposableStack();
  let apps: { readonly web: App; readonly tls: App; readonly db: App; readonly rpc: App; readonly cache: App };
  let ask: Asking;
  beforeAll(async () => {
    const opened = { web: httpApp(["/alive?full=1"]), tls: httpApp(["/ready"], selfSigned(dir, { name: "app", serverName: "app" })), db: tcpApp(), rpc: grpcApp("shop.v1"), cache: httpApp(["/cache"]) };
    apps = { web: stack.use(await opened.web), tls: stack.use(await opened.tls), db: stack.use(await opened.db), rpc: stack.use(await opened.rpc), cache: stack.use(await opened.cache) };
    const probed: readonly Probed[] = [
      { container: "web", field: "livenessProbe", check: { kind: "http", tls: false, port: apps.web.port, path: "/alive?full=1" }, ...times },
      { container: "cache", field: "livenessProbe", check: { kind: "http", tls: false, port: apps.cache.port, path: "/cache" }, ...times },
      { container: "web", field: "readinessProbe", check: { kind: "http", tls: true, port: apps.tls.port, path: "/ready" }, ...times },
      { container: "db", field: "readinessProbe", check: { kind: "tcp", port: apps.db.port }, ...times },
      { container: "rpc", field: "livenessProbe", check: { kind: "grpc", port: apps.rpc.port, service: "shop.v1" }, ...times },
      { container: "other", field: "livenessProbe", check: { kind: "grpc", port: apps.rpc.port, service: "shop.v2" }, ...times },
    ];
    const envoy = stack.use(startEnvoy(probed, await freePort()));
    ask = await envoy.asking();
  });
  afterAll(async () => await stack.disposeAsync());

  test("over HTTP, each container for itself, with its query and its headers", async () => {
    expect(await ask("liveness_listener", "/osm-liveness-probe/web", { host: "shop", "x-who": "kubelet" })).toEqual({ status: 200, body: "said by the app" });
    expect(await ask("liveness_listener", "/osm-liveness-probe/cache")).toMatchObject({ status: 200 });
    expect(apps.web.asked).toContain("GET /alive?full=1 shop kubelet");
    expect(apps.cache.asked[0]).toContain("GET /cache ");
  });

  test("over HTTPS, whatever the app's certificate", async () => {
    expect(await ask("readiness_listener", "/osm-readiness-probe/web")).toMatchObject({ status: 200 });
    expect(apps.tls.asked).toHaveLength(1);
  });

  test("over gRPC, by the service that is asked for", async () => {
    await eventually(async () => expect(await ask("liveness_listener", "/osm-liveness-probe/rpc")).toMatchObject({ status: 200 }));
    expect(await ask("liveness_listener", "/osm-liveness-probe/other")).toMatchObject({ status: 503 });
    expect(apps.rpc.asked).toContain("/grpc.health.v1.Health/Check");
  });

  describe("by a connection", () => {
    const tcp = () => ask("tcp_probe_listener", "/osm-healthcheck", { "Original-Tcp-Port": String(apps.db.port) });
    let again: App | undefined;
    afterEach(async () => await again?.[Symbol.asyncDispose]());
    test("as long as the app takes one, and no longer", async () => {
      await eventually(async () => expect(await tcp()).toMatchObject({ status: 200 }));
      await apps.db[Symbol.asyncDispose]();
      await eventually(async () => expect(await tcp()).toMatchObject({ status: 503 }));
      again = await tcpApp(apps.db.port);
      await eventually(async () => expect(await tcp()).toMatchObject({ status: 200 }));
    });
  });

  test("and says that it is ready itself", async () => {
    expect(await ask("readiness_listener", "/osm-proxy-ready")).toMatchObject({ status: 200, body: "LIVE\n" });
  });

  test("and Prometheus what it has counted", async () => {
    const { status, body } = await ask("metrics_listener", "/stats/prometheus?usedonly");
    expect(status).toBe(200);
    expect(body).toMatch(/^envoy_cluster_upstream_rq_total/m);
  });

  test.each([
    ["liveness_listener", "/alive"],
    ["liveness_listener", "/osm-liveness-probe/web/more"],
    ["liveness_listener", "/osm-proxy-ready"],
    ["readiness_listener", "/osm-liveness-probe/web"],
    ["readiness_listener", "/ready"],
    ["readiness_listener", "/stats"],
    ["tcp_probe_listener", "/osm-healthcheck"],
    ["metrics_listener", "/stats"],
    ["metrics_listener", "/config_dump"],
    ["metrics_listener", "/stats/prometheus/more"],
  ])("but leads nowhere else: %s %s", async (name, path) => {
    expect(await ask(name, path)).toMatchObject({ status: 404 });
  });
});

type Asking = (listener: string, path: string, headers?: Readonly<Record<string, string>>) => Promise<{ readonly status: number; readonly body: string }>;

const listenersShape = z.object({ listener_statuses: z.array(z.object({ name: z.string(), local_address: z.object({ socket_address: z.object({ port_value: z.int() }) }) })) });

/** An Envoy with these listeners at ports of its own choice. */
function startEnvoy(probed: readonly Probed[], adminPort: number): AsyncDisposable & { readonly asking: () => Promise<Asking> } {
  const { listeners, clusters } = probeResources({ probed, ipFamily: "ipv4", adminPort, scraped: true });
  const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
  const config = { admin: { address: address(adminPort) }, static_resources: { listeners: listeners.map((listener) => ({ ...listener, address: address(0) })), clusters } };
  const args = ["--config-yaml", JSON.stringify(config), "--disable-hot-restart", "--concurrency", "1", "-l", "off", "--service-node", "n", "--service-cluster", "c"];
  const envoy = spawn(programPath("envoy"), args, { stdio: "ignore" });
  const exited = once(envoy, "exit");
  const asking = async (): Promise<Asking> => {
    const ports = await eventually(async () => {
      expect(await get(adminPort, "/ready")).toMatchObject({ status: 200 });
      const { listener_statuses: found } = listenersShape.parse(JSON.parse((await get(adminPort, "/listeners?format=json")).body));
      return new Map(found.map(({ name, local_address: local }) => [name, local.socket_address.port_value]));
    });
    return async (listener, path, headers = {}) => await get(ports.get(listener) ?? 0, path, headers);
  };
  return {
    asking,
    [Symbol.asyncDispose]: async () => {
      envoy.kill("SIGKILL");
      await exited;
    },
  };
}

async function get(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, agent: false }, resolve).on("error", reject).end();
  });
  return { status: response.statusCode ?? 0, body: await text(response) };
}
