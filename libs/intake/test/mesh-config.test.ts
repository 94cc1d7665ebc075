import { meshName } from "@osm/model";
import { describe, expect, test } from "vitest";
import { factOf, foundIn, mesh } from "./reading.ts";

const config = (spec: string, { version = "v1alpha2", name = "osm-mesh-config", namespace = "osm-system" } = {}) =>
  `{apiVersion: config.openservicemesh.io/${version}, kind: MeshConfig, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}`;
const denied = {
  kind: "MeshConfig", namespace: "osm-system", name: "osm-mesh-config", permissive: false, egress: false,
  tls: { min: "TLSv1_2", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] },
};

describe("a MeshConfig", () => {
  test.each(["{}", "", "{traffic: , sidecar: }", "{traffic: {enableEgress: }, sidecar: {cipherSuites: , tlsMinProtocolVersion: }}"])("that says nothing (%s) opens nothing", (spec) => {
    expect(factOf(config(spec))).toEqual(denied);
    expect(factOf(config(spec, { version: "v1alpha1" }))).toEqual(denied);
  });
  test("opens what it says, and only that", () => {
    expect(factOf(config("{traffic: {enablePermissiveTrafficPolicyMode: true}}"))).toEqual({ ...denied, permissive: true });
    expect(factOf(config("{traffic: {enableEgress: true}}"))).toEqual({ ...denied, egress: true });
  });
  test("sets TLS between sidecars; ciphers and curves stay in the order of preference", () => {
    const tls = { min: "TLSv1_1", max: "TLSv1_2", cipherSuites: ["b", "a"], ecdhCurves: ["X25519", "P-256"] };
    const sidecar = "{tlsMinProtocolVersion: TLSv1_1, tlsMaxProtocolVersion: TLSv1_2, cipherSuites: [b, a], ecdhCurves: [X25519, P-256], logLevel: debug}";
    expect(factOf(config(`{sidecar: ${sidecar}}`))).toEqual({ ...denied, tls });
  });
  test("whose highest TLS version is below its lowest is held to the lowest", () => {
    const text = config("{sidecar: {tlsMinProtocolVersion: TLSv1_3, tlsMaxProtocolVersion: TLSv1_2}}");
    expect(factOf(text)).toMatchObject({ tls: { min: "TLSv1_3", max: "TLSv1_3" } });
    expect(foundIn(text)).toEqual(["MESH_TLS_RANGE_EMPTY at spec.sidecar.tlsMaxProtocolVersion (TLSv1_2)"]);
    expect(foundIn(config("{sidecar: {tlsMinProtocolVersion: TLSv1_3, tlsMaxProtocolVersion: TLS_AUTO}}"))).toEqual([]);
  });
  test.each([
    ["{traffic: {enablePermissiveTrafficPolicyMode: yes please}}", "spec.traffic.enablePermissiveTrafficPolicyMode"],
    ['{traffic: {enableEgress: "true"}}', "spec.traffic.enableEgress"],
    ["{sidecar: {tlsMinProtocolVersion: TLSv1_4}}", "spec.sidecar.tlsMinProtocolVersion"],
    ["{sidecar: {ecdhCurves: P-256}}", "spec.sidecar.ecdhCurves"],
    [`{sidecar: {cipherSuites: [${Array.from({ length: 101 }, (_, at) => `c${at}`).join(", ")}]}}`, "spec.sidecar.cipherSuites"],
  ])("at fault (%#) is not read", (spec, field) => {
    expect(factOf(config(spec))).toBeUndefined();
    expect(foundIn(config(spec))[0]).toContain(`OBJECT_UNREADABLE at ${field} `);
  });
  test("of another name or namespace is not the mesh's", () => {
    expect(factOf(config("{}", { name: "other" }))).toBeUndefined();
    expect(factOf(config("{}", { namespace: "shop" }))).toBeUndefined();
    expect(factOf(config("{}", { namespace: "blue" }), { mesh: meshName("blue"), osmNamespace: "blue" })).toMatchObject({ namespace: "blue" });
    expect(factOf(config("{}"), { ...mesh, osmNamespace: "blue" })).toBeUndefined();
  });
});
