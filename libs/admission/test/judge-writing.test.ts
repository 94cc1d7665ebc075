import { judgeWriting } from "@osm/admission";
import { meshName } from "@osm/model";
import { describe, expect, test } from "vitest";

const context = { mesh: meshName("osm"), osmNamespace: "osm-system" };
const groups: Readonly<Record<string, string>> = {
  TrafficTarget: "access.smi-spec.io/v1alpha3", HTTPRouteGroup: "specs.smi-spec.io/v1alpha4", TrafficSplit: "split.smi-spec.io/v1alpha2", MeshConfig: "config.openservicemesh.io/v1alpha2",
  MeshRootCertificate: "config.openservicemesh.io/v1alpha2",
};
const of = (kind: string, spec: object) => ({ apiVersion: groups[kind] ?? "policy.openservicemesh.io/v1alpha1", kind, metadata: { name: "it", namespace: "shop" }, spec });
const judge = (kind: string, spec: object, old?: object) => judgeWriting({ object: of(kind, spec), old: old && of(kind, old) }, context);

const account = { kind: "ServiceAccount", name: "web", namespace: "shop" };
const target = { destination: account, sources: [account], rules: [{ kind: "HTTPRouteGroup", name: "routes" }] };
const backend = { name: "web", port: { number: 80, protocol: "http" } };
const tls = { ...backend, port: { number: 443, protocol: "HTTPS" } };
const principal = { kind: "AuthenticatedPrincipal", name: "edge.ingress.cluster.local" };
const anyone = { kind: "Service", name: "edge", namespace: "ingress" };
const root = { trustDomain: "cluster.local", provider: { tresor: { ca: { secretRef: { name: "ca", namespace: "osm-system" } } } }, role: "passive" };

describe("what OSM kept out is kept out, by its field and with the way out", () => {
  test.each([
    ["a target of another namespace's account", "TrafficTarget", { ...target, destination: { ...account, namespace: "bank" } }, "spec.destination.namespace: the destination is in namespace bank"],
    ["an egress match of an unknown group", "Egress", { matches: [{ apiGroup: "v1", kind: "Service", name: "x" }] }, "spec.matches[0].apiGroup: v1 is not known here"],
    ["an egress match of another kind", "Egress", { matches: [{ apiGroup: "specs.smi-spec.io/v1alpha4", kind: "TCPRoute", name: "x" }] }, "spec.matches[0].kind: TCPRoute"],
    ["two settings of an egress", "Egress", { matches: ["a", "b"].map((name) => ({ apiGroup: "policy.openservicemesh.io/v1alpha1", kind: "UpstreamTrafficSetting", name })) }, "spec.matches: names 2 objects"],
    ["a backend twice", "IngressBackend", { backends: [backend, { ...backend }], sources: [anyone] }, "spec.backends[1]: web port 80 is listed twice"],
    ["a backend of another protocol", "IngressBackend", { backends: [{ name: "web", port: { number: 80, protocol: "tcp" } }] }, "spec.backends[0].port.protocol: tcp"],
    ["client certificates that nobody may show", "IngressBackend", { backends: [{ ...tls, tls: { skipClientCertValidation: false } }], sources: [anyone] }, "spec.backends[0].tls.skipClientCertValidation"],
    ["a source of another kind", "IngressBackend", { backends: [backend], sources: [{ kind: "Pod", name: "x" }] }, "spec.sources[0].kind: Pod"],
    ["a service without its namespace", "IngressBackend", { backends: [backend], sources: [{ kind: "Service", name: "edge" }] }, "spec.sources[0]: a Service needs"],
    ["a principal without a name", "IngressBackend", { backends: [backend], sources: [{ kind: "AuthenticatedPrincipal" }] }, "spec.sources[0].name"],
    ["a range that is none", "IngressBackend", { backends: [backend], sources: [{ kind: "IPRange", name: "10.0.0.0" }] }, "spec.sources[0].name: 10.0.0.0 is no IP range"],
    ["a host of one part", "UpstreamTrafficSetting", { host: "web" }, "spec.host: web does not say its namespace"],
    ["a status that Envoy has not", "UpstreamTrafficSetting", { host: "web.shop", rateLimit: { local: { http: { responseStatusCode: 499 } } } }, "spec.rateLimit.local.http.responseStatusCode: Envoy has no status 499"],
    ["the same on a route", "UpstreamTrafficSetting", { host: "web.shop", httpRoutes: [{ rateLimit: { local: { http: { responseStatusCode: 599 } } } }] }, "spec.httpRoutes[0].rateLimit.local.http.responseStatusCode"],
    ["a root without a trust domain", "MeshRootCertificate", { ...root, trustDomain: "" }, "spec.trustDomain: is empty"],
    ["a root without a provider", "MeshRootCertificate", { ...root, provider: {} }, "spec.provider: names 0 providers"],
    ["an empty text of a provider", "MeshRootCertificate", { ...root, provider: { vault: { host: "", port: 8200 } } }, "spec.provider.vault.host: is empty"],
  ])("%s", (...[, kind, spec, words]) => {
    expect(judge(kind, spec).faults).toEqual([expect.stringContaining(words)]);
  });

  test.each([
    ["another trust domain", { ...root, trustDomain: "other" }, root, "spec.trustDomain: cannot be changed"],
    ["active at once", { ...root, role: "active" }, { ...root, role: "inactive" }, "spec.role: goes from inactive to active at once"],
  ])("a root that becomes: %s", (...[, spec, old, words]) => {
    expect(judge("MeshRootCertificate", spec, old).faults).toEqual([expect.stringContaining(words)]);
  });
});

test.each([
  ["a target", "TrafficTarget", target],
  ["an egress", "Egress", { matches: [{ apiGroup: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", name: "x" }] }],
  ["a backend that skips client certificates", "IngressBackend", { backends: [{ ...tls, tls: { skipClientCertValidation: true } }], sources: [anyone] }],
  ["a backend whose caller is named", "IngressBackend", { backends: [{ ...tls, tls: { skipClientCertValidation: false } }], sources: [principal] }],
  ["two ports of a service", "IngressBackend", { backends: [backend, tls].map((each) => ({ ...each, tls: { skipClientCertValidation: true } })), sources: [{ kind: "IPRange", name: "fd00::/8" }] }],
  ["a setting", "UpstreamTrafficSetting", { host: "web.shop", rateLimit: { local: { http: { responseStatusCode: 503 } } } }],
  ["a root", "MeshRootCertificate", root],
  ["a kind that is not judged", "Retry", {}],
])("%s may be written, without a word", (_what, kind, spec) => {
  expect(judge(kind, spec)).toEqual({ faults: [], warnings: [] });
});

describe("what the mesh would find in an object alone is a warning", () => {
  test.each([
    ["an expression that is none", "HTTPRouteGroup", { matches: [{ name: "buy", pathRegex: "/buy(", methods: ["GET"] }] }, "spec.matches[buy].pathRegex: not a usable RE2 expression"],
    ["a target without sources", "TrafficTarget", { ...target, sources: [] }, "spec.sources: a TrafficTarget without sources"],
    ["a key that nobody reads", "TrafficTarget", { ...target, port: 80 }, "unknown key"],
    ["weights of nothing", "TrafficSplit", { service: "web", backends: [{ service: "web-1", weight: 0 }] }, "all weights are zero"],
  ])("%s", (...[, kind, spec, words]) => {
    const { faults, warnings } = judge(kind, spec);
    expect(faults).toEqual([]);
    expect(warnings.join("\n")).toContain(words);
  });
  test("but not what an object may lack that comes after it", () => {
    expect(judge("TrafficSplit", { service: "web", backends: [{ service: "web-1", weight: 1 }] }).warnings).toEqual([]);
  });
});

test.each([[null], [undefined], [[]], ["x"], [{ kind: "Egress" }], [{ kind: "IngressBackend", spec: { backends: "none" } }], [{ kind: "__proto__" }], [{ kind: "constructor", spec: {} }]])("what is no such object is not judged: %o", (object) => {
  expect(judgeWriting({ object, old: undefined }, context).faults).toEqual([]);
});
