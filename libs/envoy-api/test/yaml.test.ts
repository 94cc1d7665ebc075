import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  BootstrapSchema,
  ClusterSchema,
  decode,
  encode,
  fromYaml,
  HttpRbacSchema,
  ListenerSchema,
  NodeSchema,
  resourceYaml,
  RouteConfigurationSchema,
  SecretSchema,
  toYaml,
  typeUrlOf,
} from "../src/index.ts";
import { cluster, listener, routes, rules } from "./samples.ts";

function expectRoundTrip<D extends DescMessage>(schema: D, init: MessageInitShape<D>): void {
  const bytes = encode(schema, init);
  const text = toYaml(schema, bytes);
  expect(encode(schema, fromYaml(schema, text))).toEqual(bytes);
  expect(toYaml(schema, decode(schema, bytes))).toBe(text);
}

describe("comes back from YAML with the same bytes", () => {
  test("a cluster with protocol options and a transport socket", () => expectRoundTrip(ClusterSchema, cluster));
  test("a listener with an HCM, its filters and routes in it", () => expectRoundTrip(ListenerSchema, listener));
  test("a route configuration with RBAC per virtual host", () => expectRoundTrip(RouteConfigurationSchema, routes));
  test("an RBAC with RE2", () => expectRoundTrip(HttpRbacSchema, { rules }));
});

test("prints durations, enums, regexes and nested types the way Envoy's own documents do", () => {
  expect(toYaml(ClusterSchema, encode(ClusterSchema, cluster))).toBe(`name: shop/bookstore|80
type: STATIC
connect_timeout: 1.500s
transport_socket:
  name: tls
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
    common_tls_context:
      alpn_protocols:
        - osm
      tls_certificate_sds_secret_configs:
        - name: identity
          sds_config:
            ads: {}
            resource_api_version: V3
      combined_validation_context:
        default_validation_context:
          match_typed_subject_alt_names:
            - san_type: URI
              matcher:
                prefix: spiffe://mesh/
        validation_context_sds_secret_config:
          name: trust
          sds_config:
            ads: {}
            resource_api_version: V3
    sni: bookstore.shop.svc
metadata:
  filter_metadata:
    osm:
      namespace: shop
      service: bookstore
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config:
      http2_protocol_options: {}
`);
});

test("a type stands first, however deep it is nested", () => {
  const lines = toYaml(ListenerSchema, encode(ListenerSchema, listener)).split("\n");
  const types = lines.flatMap((line, at) => (line.includes('"@type"') ? [{ line, before: lines[at - 1] }] : []));
  expect(types).toHaveLength(5);
  for (const { before } of types) expect(before).toMatch(/(typed_config|envoy\.filters\.http\.rbac):$/);
});

test("a resource is printed by its type URL, with the type first", () => {
  const text = resourceYaml(typeUrlOf(ClusterSchema), encode(ClusterSchema, { name: "a" }));
  expect(text).toBe('"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: a\n');
});

test.each(["y", "No", "on", "OFF", "true", "null", "~", "", "inf", "1e3", "0x1F", "010", "+5", "1_000", "12:30", "a: b", "a #b", "- a", "@a", "*", "*.shop"])(
  "%j is a text for every reader",
  (text) => {
    expect(toYaml(NodeSchema, fromYaml(NodeSchema, `id: ${JSON.stringify(text)}`))).toBe(
      text === "" ? "{}\n" : `id: ${JSON.stringify(text)}\n`,
    );
  },
);

test.each(["10.0.0.1", "10.0.0.1:80", "10.0.0.0/8", "bookstore.shop", "/etc/osm"])("%s needs no quotes", (text) => {
  expect(toYaml(NodeSchema, decode(NodeSchema, encode(NodeSchema, { id: text })))).toBe(`id: ${text}\n`);
});

test("a certificate is a block of lines", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  const secret = encode(SecretSchema, {
    type: { case: "validationContext", value: { trustedCa: { specifier: { case: "inlineString", value: pem } } } },
  });
  expect(toYaml(SecretSchema, secret)).toContain("inline_string: |\n      -----BEGIN");
});

test("any text survives, as a value and as a key", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "Z", "0", "9", ".", ":", " ", "\n", "\r", "\t", "#", "-", "_", '"', "'", "\\", "é", "\u2028", "😀", "~") });
  fc.assert(
    fc.property(text, text, (key, value) => {
      const printed = toYaml(NodeSchema, encode(NodeSchema, { id: value, metadata: { [key]: value } }));
      expect(parse(printed)).toEqual(value === "" ? { metadata: { [key]: value } } : { id: value, metadata: { [key]: value } });
    }),
    { numRuns: 500, examples: [["", " \n"], ["a\n \n", "a \nb"]] },
  );
});

test("what a message has no field for is refused", () => {
  expect(() => fromYaml(BootstrapSchema, "static_resource: {}")).toThrow(/static_resource/);
  expect(() => fromYaml(ClusterSchema, "type: STATICK")).toThrow(/STATICK/);
  expect(() => fromYaml(ClusterSchema, "name: [")).toThrow();
});
