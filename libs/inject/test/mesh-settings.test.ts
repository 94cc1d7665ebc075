import { clusterAbilities, injectionSettings, meshSettings } from "@osm/inject";
import { describe, expect, test } from "vitest";

const installed = injectionSettings.parse({
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds.osm-system.svc", port: 15128, serverName: "osm-xds.osm-system.svc" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
  inboundPortExclusions: [6379],
});

describe("a MeshConfig says over what was installed", () => {
  test("images, resources, log level, capture", () => {
    const read = meshSettings(installed, {
      spec: {
        sidecar: { envoyImage: "other/envoy:1", initContainerImage: "", logLevel: "debug", enablePrivilegedInitContainer: true, localProxyMode: "PodIP", resources: { limits: { cpu: 1, memory: "128Mi" } } },
        traffic: { inboundPortExclusionList: [22], outboundIPRangeExclusionList: ["10.0.0.0/8", "fd00::/8"], networkInterfaceExclusionList: null },
      },
    });
    expect(read).toMatchObject({
      kind: "settings",
      settings: {
        envoyImage: "other/envoy:1", initImage: installed.initImage, logLevel: "debug", privilegedInitContainer: true, localProxyMode: "PodIP",
        proxyResources: { limits: { cpu: "1", memory: "128Mi" } }, inboundPortExclusions: [22], outboundIpRangeExclusions: ["10.0.0.0/8", "fd00::/8"],
      },
    });
  });
  test.each([[{}], [{ spec: null }], [{ spec: { sidecar: null, traffic: {} } }]])("nothing: %o", (config) => {
    expect(meshSettings(installed, config)).toEqual({ kind: "settings", settings: { ...installed, inboundPortExclusions: [] } });
  });
  test.each([
    [{ spec: { sidecar: { logLevel: "loud" } } }, "spec.sidecar.logLevel"],
    [{ spec: { traffic: { outboundPortExclusionList: [0] } } }, "spec.traffic.outboundPortExclusionList.0"],
    [{ spec: { traffic: { outboundIPRangeInclusionList: ["10.0.0.1"] } } }, "spec.traffic.outboundIPRangeInclusionList.0"],
    [{ spec: { sidecar: { envoyImage: "an image" } } }, "spec.envoyImage"],
  ])("what cannot be read, by its field: %o", (config, field) => {
    expect(meshSettings(installed, config)).toEqual({ kind: "unreadable", field });
  });
});

test.each([
  [{ major: "1", minor: "28" }, { nativeSidecars: false, sleepHooks: false }],
  [{ major: "1", minor: "29+" }, { nativeSidecars: true, sleepHooks: false }],
  [{ major: "1", minor: "34" }, { nativeSidecars: true, sleepHooks: true }],
  [{ major: "one" }, undefined],
])("a cluster of version %o can %o", (version, abilities) => {
  expect(clusterAbilities(version)).toEqual(abilities);
});
