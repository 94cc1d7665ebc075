import { spawnSync } from "node:child_process";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { needs, programPath } from "@osm/testkit";
import { expect, test } from "vitest";
import {
  ApiConfigSourceSchema,
  ApiType,
  ApiVersion,
  BootstrapSchema,
  ClusterSchema,
  CredentialInjectorSchema,
  DiscoveryResponseSchema,
  DiscoveryType,
  encode,
  GenericCredentialSchema,
  HttpProtocolOptionsSchema,
  packAny,
  SecretSchema,
  toYaml,
  UpstreamCodecSchema,
} from "../src/index.ts";
import { clusterWithSecretsFrom, listener } from "./samples.ts";

type BootstrapInit = MessageInitShape<typeof BootstrapSchema>;

const tokenSecret = packAny(SecretSchema, {
  name: "token",
  type: { case: "genericSecret", value: { secret: { specifier: { case: "inlineString", value: "e30.e30.x\n" } } } },
});

/** Sends a token from a watched file with each stream. */
function xdsOptions(file: string) {
  const credential = packAny(GenericCredentialSchema, {
    header: "authorization",
    credential: {
      name: "token",
      sdsConfig: { resourceApiVersion: ApiVersion.V3, configSourceSpecifier: { case: "pathConfigSource", value: { path: file } } },
    },
  });
  const injector = packAny(CredentialInjectorSchema, {
    overwrite: true,
    credential: { name: "envoy.http.injected_credentials.generic", typedConfig: credential },
  });
  return packAny(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } },
    },
    httpFilters: [
      { name: "token", configType: { case: "typedConfig", value: injector } },
      { name: "codec", configType: { case: "typedConfig", value: packAny(UpstreamCodecSchema, {}) } },
    ],
  });
}

function xdsCluster(tokenFile: string): MessageInitShape<typeof ClusterSchema> {
  return {
    name: "osm-xds",
    clusterDiscoveryType: { case: "type", value: DiscoveryType.STATIC },
    typedExtensionProtocolOptions: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": xdsOptions(tokenFile),
    },
  };
}

const stream: MessageInitShape<typeof ApiConfigSourceSchema> = {
  apiType: ApiType.DELTA_GRPC,
  transportApiVersion: ApiVersion.V3,
  grpcServices: [{ targetSpecifier: { case: "envoyGrpc", value: { clusterName: "osm-xds" } } }],
};

// A cluster of the bootstrap may not have its secrets by ADS: Envoy 1.40 dies of it.
const ownStream = clusterWithSecretsFrom({
  resourceApiVersion: ApiVersion.V3,
  configSourceSpecifier: { case: "apiConfigSource", value: stream },
});

function bootstrap(tokenFile: string): BootstrapInit {
  return {
    node: { id: "0x1F", cluster: "y" },
    dynamicResources: { adsConfig: stream },
    staticResources: { clusters: [xdsCluster(tokenFile), ownStream], listeners: [listener] },
  };
}

needs("envoy")("Envoy reads what is printed", () => {
  test("a bootstrap with listeners, clusters, RBAC, TLS and a token for the control plane", () => {
    using dir = mkdtempDisposableSync(join(tmpdir(), "osm-envoy-api-"));
    const tokens = join(dir.path, "token.yaml");
    writeFileSync(tokens, toYaml(DiscoveryResponseSchema, encode(DiscoveryResponseSchema, { resources: [tokenSecret] })));
    expect(validate(dir.path, printed(bootstrap(tokens)))).toMatch(/OK$/);
  });

  // Bare, each of them is something else than a text to Envoy, or nothing.
  test.each(["y", "No", "on", "OFF", "true", "null", "~", "0x1F", "010", "+5", "1e3", ".inf", "12:30", "a: b", "*"])("%j as a name", (name) => {
    using dir = mkdtempDisposableSync(join(tmpdir(), "osm-envoy-api-"));
    const text = printed({ staticResources: { clusters: [{ name }] } });
    expect(validate(dir.path, text)).toMatch(/OK$/);
  });

  test("and refuses what is wrong in it", () => {
    using dir = mkdtempDisposableSync(join(tmpdir(), "osm-envoy-api-"));
    const text = printed({ staticResources: { clusters: [{ name: "y" }] } });
    expect(validate(dir.path, text.replace('"y"', "y"))).not.toMatch(/OK$/);
  });
});

function printed(init: BootstrapInit): string {
  return toYaml(BootstrapSchema, encode(BootstrapSchema, init));
}

/** Envoy's last word on a bootstrap. */
function validate(dir: string, text: string): string {
  const file = join(dir, "bootstrap.yaml");
  writeFileSync(file, text);
  const { stdout, stderr } = spawnSync(
    programPath("envoy"),
    ["--mode", "validate", "--disable-hot-restart", "--log-level", "error", "-c", file],
    { encoding: "utf8" },
  );
  return `${stderr}${stdout}`.trim();
}
