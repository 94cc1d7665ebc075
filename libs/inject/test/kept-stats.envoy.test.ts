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
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "osm-stats-"));
    const admin = join(dir, "admin.sock");
    envoy = spawn(programPath("envoy"), ["--config-yaml", JSON.stringify(bootstrap(admin)), "--disable-hot-restart", "--concurrency", "1", "-l", "off"], { stdio: "ignore" });
    names = await eventually(() => statNames(admin));
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
});

/** One cluster, and a control plane that never answers. */
function bootstrap(admin: string): object {
  const overAds = { ads: {}, resource_api_version: "V3" };
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
    static_resources: { clusters: [{ name: "shop/web|80", type: "STATIC" }] },
  };
}

async function statNames(socketPath: string): Promise<readonly string[]> {
  const asked = request({ socketPath, path: "/stats" }).end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return (await text(answer)).split("\n").map((line) => line.replace(/: .*$/, ""));
}
