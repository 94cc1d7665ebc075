import { once } from "node:events";
import { createServer } from "node:http";
import { ClusterSchema, encode, fromJson, ListenerSchema, RouteConfigurationSchema } from "@osm/envoy-api";
import { eventually, freePort, needs } from "@osm/testkit";
import { expect, test } from "vitest";
import { createBench, saidShop } from "./bench.ts";
import type { Named } from "./mesh-said.ts";
import { sourceOf, startRealEnvoy, type Asking } from "./real-envoy.ts";

const kinds = (["aggregated", "per-type"] as const).flatMap((streams) => (["delta", "sotw"] as const).map((protocol): Asking => ({ streams, protocol })));
type Source = ReturnType<typeof sourceOf>;

function cartCluster(source: Source): Named {
  const secrets = { common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "identity", sds_config: source }], validation_context_sds_secret_config: { name: "trust", sds_config: source } } };
  const tls = { name: "envoy.transport_sockets.tls", typed_config: { "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", ...secrets } };
  // Speaks TLS to whom the mesh's certificates are shown, and plainly to the endpoint of this test.
  const matches = [{ name: "tls", match: { tls: true }, transport_socket: tls }, { name: "plain", match: {}, transport_socket: { name: "envoy.transport_sockets.raw_buffer", typed_config: { "@type": "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer" } } }];
  const cluster = { name: "cart", type: "EDS", eds_cluster_config: { service_name: "cart", eds_config: source }, transport_socket_matches: matches };
  return { name: "cart", bytes: encode(ClusterSchema, fromJson(ClusterSchema, cluster)), needs: [] };
}

function listener(port: number, source: Source): Named {
  const router = { name: "envoy.filters.http.router", typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } };
  const manager = { stat_prefix: "test", rds: { route_config_name: "route-cart", config_source: source }, http_filters: [router] };
  const filter = { name: "http", typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", ...manager } };
  const content = { name: "listener-cart", address: { socket_address: { address: "127.0.0.1", port_value: port } }, filter_chains: [{ filters: [filter] }] };
  return { name: "listener-cart", bytes: encode(ListenerSchema, fromJson(ListenerSchema, content)), needs: [] };
}

function route(edition: string): Named {
  const header = { header: { key: "edition", value: edition } };
  const content = { name: "route-cart", virtual_hosts: [{ name: "cart", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "cart" } }], response_headers_to_add: [header] }] };
  return { name: "route-cart", bytes: encode(RouteConfigurationSchema, fromJson(RouteConfigurationSchema, content)), needs: ["cart"] };
}

async function startApp() {
  const app = createServer((_request, response) => response.end("from the app")).listen(0, "127.0.0.1");
  await once(app, "listening");
  const address = app.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const close = async () => {
    app.close();
    app.closeAllConnections();
  };
  return { port, [Symbol.asyncDispose]: close };
}

needs("envoy")("an Envoy whose streams are", () => {
  test.each(kinds)("$streams, in the protocol $protocol, takes everything and is served by it", { timeout: 60_000 }, async (asking) => {
    await using bench = createBench();
    await using app = await startApp();
    const source = sourceOf(asking, bench.tokenOf("web"));
    const port = await freePort();
    const made = { CDS: [cartCluster(source)], LDS: [listener(port, source)], RDS: [route("1")] };
    await saidShop(bench);
    await bench.compiler.endpoints("cart", [`127.0.0.1:${app.port}`]);
    await bench.compiler.view({ account: "web", services: ["cart"], made }, bench.store);
    const xds = bench.start();
    await using _envoy = startRealEnvoy({ asking, port: await xds.port, root: bench.root, token: bench.tokenOf("web") });

    const answered = async (edition: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      expect([response.status, response.headers.get("edition"), await response.text()]).toEqual([200, edition, "from the app"]);
    };
    // A port that nobody listens at yet gives no event.
    await eventually(() => answered("1"), { deadlineMs: 40_000 });
    await bench.settled(1);
    await bench.compiler.view({ account: "web", services: ["cart"], made: { ...made, RDS: [route("2")] } }, bench.store);
    await bench.settled(1);
    await eventually(() => answered("2"));
    for (const type of ["CDS", "EDS", "LDS", "RDS", "SDS"]) expect(xds.metric(`mesh_resources_sent_total{type="${type}"}`)).toBeGreaterThan(0);
    expect(xds.lines.map(({ message }) => message)).not.toContain("configuration rejected");
  });
});
