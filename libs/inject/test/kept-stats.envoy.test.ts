import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { keptStats } from "@osm/inject";
import { eventually, needs, programPath } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

needs("envoy")("of the statistics that Envoy could make, a sidecar", () => {
  let dir = "";
  let envoy: ChildProcess | undefined;
  let names: readonly string[] = [];
  let read = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "osm-stats-"));
    const [admin, inbound] = [join(dir, "admin.sock"), join(dir, "inbound.sock")];
    envoy = spawn(programPath("envoy"), ["--config-yaml", JSON.stringify(bootstrap(admin, inbound)), "--disable-hot-restart", "--concurrency", "1", "-l", "off"], { stdio: "ignore" });
    await eventually(() => ask(inbound, "/"));
    names = (await ask(admin, "/stats")).split("\n").map((line) => line.replace(/: .*$/, ""));
    read = await ask(admin, "/stats/prometheus");
  });
  afterAll(async () => {
    if (envoy?.kill("SIGKILL")) await once(envoy, "exit");
    await rm(dir, { recursive: true });
  });

  test.each([
    ...["upstream_rq_total", "upstream_rq_pending_overflow", "upstream_rq_retry_success", "upstream_cx_rx_bytes_total", "upstream_cx_connect_fail"],
    ...["upstream_cx_destroy_remote_with_active_rq", "membership_healthy", "circuit_breakers.default.rq_open"],
  ])("keeps %s of a service", (stat) => expect(names).toContain(`cluster.shop/web|80.${stat}`));

  test.each(["server.live", "listener_manager.lds.update_rejected", "cluster_manager.cds.update_success", "control_plane.connected_state"])("keeps %s", (name) =>
    expect(names).toContain(name));

  test.each(["lb_subsets_active", "upstream_flow_control_drained_total", "upstream_cx_http3_total", "circuit_breakers.high.rq_open"])("makes no %s of a service", (stat) =>
    expect(names).not.toContain(`cluster.shop/web|80.${stat}`));

  test("counts a request once", () => {
    expect(names).toContain("cluster.shop/web|80.upstream_rq_503");
    expect(names.filter((name) => /\.(external|internal)\./.test(name))).toEqual([]);
  });

  test("keeps the hosts of what it probes, for it answers by them", () => expect(names).toContain("cluster.osm-probe.app.readinessProbe.membership_healthy"));

  test.each([
    ['envoy_http_downstream_rq_xx{osm_route="rds-inbound.8080",envoy_response_code_class="5",envoy_http_conn_manager_prefix="mesh-http-conn-manager"} 1'],
    ['envoy_http_downstream_rq_total{osm_route="rds-inbound.8080",envoy_http_conn_manager_prefix="mesh-http-conn-manager"} 1'],
    ['envoy_rbac_allowed{envoy_rbac_prefix="network-8080"} 1'],
  ])("tells Prometheus of a port in a label, not in a name: %s", (line) => expect(sorted(read)).toContain(sorted(line)));

  test("has no name in which a port or a service stands", () => {
    const metrics = new Set(read.split("\n").flatMap((line) => /^envoy\w+/.exec(line)?.[0] ?? []));
    expect([...metrics].filter((name) => /80|shop|web/.test(name))).toEqual([]);
    expect(metrics.size).toBeGreaterThan(100);
  });
});

/** Whatever the order of labels. */
function sorted(lines: string): string {
  return lines.split("\n").map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(",").toSorted().join(",")}}`)).join("\n");
}

/** An inbound port, a cluster of no hosts behind it, and a control plane that never answers. */
function bootstrap(admin: string, inbound: string): object {
  const overAds = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0.1s" };
  const api_type = "DELTA_GRPC";
  return {
    node: { id: "n", cluster: "c" },
    admin: { address: { pipe: { path: admin } } },
    stats_config: keptStats,
    dynamic_resources: {
      ads_config: { api_type, transport_api_version: "V3", grpc_services: [{ envoy_grpc: { cluster_name: "shop/web|80" } }] },
      cds_config: overAds,
      lds_config: overAds,
    },
    static_resources: {
      clusters: [{ name: "shop/web|80", type: "STATIC" }, { name: "osm-probe.app.readinessProbe", type: "STATIC" }],
      listeners: [{ name: "inbound", address: { pipe: { path: inbound } }, filter_chains: [{ filters: [rbac, manager] }] }],
    },
  };
}

const api = "type.googleapis.com/envoy.extensions.filters";
const rbac = {
  name: "rbac",
  typed_config: { "@type": `${api}.network.rbac.v3.RBAC`, stat_prefix: "network-8080.", rules: { policies: { all: { permissions: [{ any: true }], principals: [{ any: true }] } } } },
};
const manager = {
  name: "http",
  typed_config: {
    "@type": `${api}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "mesh-http-conn-manager.rds-inbound.8080",
    http_filters: [{ name: "router", typed_config: { "@type": `${api}.http.router.v3.Router` } }],
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "shop/web|80" } }] }] },
  },
};

async function ask(socketPath: string, path: string): Promise<string> {
  const asked = request({ socketPath, path }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return await text(answer);
}
