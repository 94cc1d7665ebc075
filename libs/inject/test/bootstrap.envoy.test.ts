import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { sidecarArgs, sidecarBootstrap, trustFiles, type SidecarSettings } from "@osm/inject";
import { needs, programPath } from "@osm/testkit";
import { afterAll, expect, test } from "vitest";

needs("envoy")("Envoy takes the bootstrap without a warning", () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-bootstrap-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  const serverName = "osm-xds.osm-system.svc";
  writeFileSync(join(dir, "token"), "a.b.c");
  for (const [file, text] of Object.entries(trustFiles({ trustDir: dir, tokenDir: dir, serverName, roots: rootCertificates.slice(0, 2) }))) writeFileSync(join(dir, file), text);

  const sidecar = (host: string): SidecarSettings => ({
    namespace: "shop",
    serviceAccount: "web",
    xds: { host, port: 15_128, serverName },
    trustDir: dir,
    logLevel: "warning",
  });
  const cases: readonly (readonly [string, SidecarSettings])[] = [
    ["with a name for the xDS servers", sidecar(serverName)],
    ["with an address", sidecar("10.96.0.9")],
    ["with an IPv6 address", sidecar("fd00::9")],
    ["with a pod uid and a packet mark", { ...sidecar("10.96.0.9"), podUid: "5f3a", packetMark: 0x5dc }],
    ["with an admin port and one thread", { ...sidecar("10.96.0.9"), adminPort: 15_100, concurrency: 1 }],
  ];
  test.each(cases)("%s", (_what, settings) => {
    const { status, stdout, stderr } = spawnSync(programPath("envoy"), [...sidecarArgs(settings), "--mode", "validate"], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("OK");
  });

  test("and with it expressions larger than Envoy's own limit of 100 instructions", () => {
    const bootstrap = { ...sidecarBootstrap(sidecar("10.96.0.9")), static_resources: { listeners: [listenerWith("/(abc|def|ghi){40}")] }, dynamic_resources: {} };
    const args = ["--config-yaml", JSON.stringify(bootstrap), "--service-node", "n", "--service-cluster", "c", "--mode", "validate", "-l", "error"];
    const { status, stderr } = spawnSync(programPath("envoy"), args, { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

/** A listener with one route, whose path is held against the expression. */
function listenerWith(regex: string): object {
  const of = (name: string) => `type.googleapis.com/envoy.extensions.filters.${name}`;
  const routes = [{ match: { safe_regex: { regex } }, direct_response: { status: 200 } }];
  const manager = {
    "@type": of("network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "x",
    http_filters: [{ name: "router", typed_config: { "@type": of("http.router.v3.Router") } }],
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
  };
  return { name: "l", address: { socket_address: { address: "127.0.0.1", port_value: 0 } }, filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }] };
}
