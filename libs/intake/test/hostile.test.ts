import { canonicalJson, type Fact, type HttpMatch } from "@osm/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headOf, parseObject } from "../src/index.ts";
import { mesh, objectOf, smi } from "./reading.ts";

const account = (name: string, namespace: string) => `{kind: ServiceAccount, name: ${name}, namespace: ${namespace}}`;
const target = smi(
  "access.smi-spec.io/v1alpha3 TrafficTarget",
  `{destination: ${account("web", "shop")}, sources: [${account("buyer", "shop")}, ${account("clerk", "office")}], rules: [{kind: HTTPRouteGroup, name: routes, matches: [buy, sell]}, {kind: TCPRoute, name: db}]}`,
);
const group = smi(
  "specs.smi-spec.io/v1alpha4 HTTPRouteGroup",
  "{matches: [{name: buy, pathRegex: /buy, methods: [GET, POST], headers: [{client: a.*}]}, {name: sell, pathRegex: /sell, methods: [PUT], headers: {x: y}}]}",
);
const route = smi("specs.smi-spec.io/v1alpha4 TCPRoute", "{matches: {name: db, ports: [3306, 6446]}}");
const split = smi("split.smi-spec.io/v1alpha4 TrafficSplit", "{service: web, backends: [{service: web-v1, weight: 9}, {service: web-v2, weight: 1}], matches: [{kind: HTTPRouteGroup, name: routes}]}");
const config = "{apiVersion: config.openservicemesh.io/v1alpha2, kind: MeshConfig, metadata: {name: osm-mesh-config, namespace: osm-system}, spec: {traffic: {enableEgress: false, enablePermissiveTrafficPolicyMode: false}, sidecar: {tlsMinProtocolVersion: TLSv1_2, cipherSuites: [a]}}}";
const others = [
  "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {openservicemesh.io/monitored-by: osm}}}",
  "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: 10.0.0.1, selector: {a: b}, ports: [{port: 80, name: http, targetPort: web, appProtocol: http}]}}",
  "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, uid: u-1, labels: {a: b}}, spec: {serviceAccountName: web, containers: [{name: envoy, ports: [{name: web, containerPort: 80}]}]}, status: {podIPs: [{ip: 10.0.0.2}]}}",
  "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web, namespace: shop, labels: {kubernetes.io/service-name: web}}, endpoints: [{addresses: [10.0.0.2], conditions: {ready: true}}], ports: [{name: http, port: 80}]}",
];

type Change = "replace" | "rename" | "drop" | "repeat" | "turn";

/** What no field of a policy can hold in place of what it holds. Empty lists are left out: in SMI they say "all". */
const junk: readonly unknown[] = [null, true, -1, 0.5, 1e9, Number.NaN, "", "no such thing!", [null], [{}], [["a"]], { junk: [1] }, { name: 7 }];

interface Mutation {
  readonly change: Change;
  /** Which of the object's places, counted over all of them. */
  readonly at: number;
  readonly junk: unknown;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): readonly Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

function mutated(object: unknown, mutations: readonly Mutation[]): unknown {
  const copy: unknown = structuredClone(object);
  for (const { change, at, junk: with_ } of mutations) {
    const places = placesIn(copy);
    const place = places[at % places.length];
    if (place) apply(place, change, structuredClone(with_));
  }
  return copy;
}

function apply({ holder, key }: Place, change: Change, with_: unknown): void {
  const list = holder[key];
  switch (change) {
    case "replace":
      if (typeof list !== "string" || typeof with_ !== "string") holder[key] = with_;
      return;
    case "rename":
      if (!Array.isArray(holder)) holder[`${key}X`] = list;
      if (!Array.isArray(holder)) delete holder[key];
      return;
    case "drop":
      if (Array.isArray(holder) && holder.length > 1) holder.splice(Number(key), 1);
      return;
    case "repeat":
      if (Array.isArray(list)) list.push(...(list as unknown[]));
      return;
    case "turn":
      if (Array.isArray(list)) list.reverse();
      return;
  }
}

const mutations = fc.array(
  fc.record({ change: fc.constantFrom<Change>("replace", "rename", "drop", "repeat", "turn"), at: fc.nat(200), junk: fc.constantFrom(...junk) }),
  { minLength: 1, maxLength: 3 },
);
const runs = { numRuns: 1000, seed: 20_261_122 };

/** Runs a check on what many broken forms of an object are read as. */
function eachForm(yaml: string, check: (fact: Fact) => void): number {
  let read = 0;
  fc.assert(fc.property(mutations, (list) => {
    const { value } = parseObject(mutated(objectOf(yaml), list), mesh);
    if (!value) return;
    read += 1;
    check(value);
  }), runs);
  return read;
}

describe("an object that somebody broke", () => {
  test.each([target, group, route, split, config, ...others].map((yaml) => [headOf(objectOf(yaml))?.kind, yaml] as const))("never ends the reader (%s)", (_kind, yaml) => {
    expect(eachForm(yaml, (fact) => expect(JSON.stringify(fact)).toBeDefined())).toBeGreaterThan(0);
  });
  test("of any shape at all never ends the reader", () => {
    fc.assert(fc.property(fc.object({ maxDepth: 4 }), fc.constantFrom(target, group, route, split, ...others), (shape, yaml) => {
      const base = objectOf(yaml);
      for (const part of ["spec", "metadata", "status", "endpoints"]) parseObject({ ...(base as object), [part]: shape }, mesh);
      parseObject(shape, mesh);
    }), { numRuns: 500, seed: 1 });
  });
  test("lets in no source and by no rule that it did not name before", () => {
    const whole = parseObject(objectOf(target), mesh).value;
    const had = (key: "sources" | "rules") => new Set(whole?.kind === "TrafficTarget" ? whole[key].map(canonicalJson) : []);
    const read = eachForm(target, (fact) => {
      if (fact.kind !== "TrafficTarget") return;
      for (const source of fact.sources) expect(had("sources")).toContain(canonicalJson(source));
      for (const rule of fact.rules) if (rule.kind !== "HTTPRouteGroup") expect(had("rules")).toContain(canonicalJson(rule));
      for (const rule of fact.rules) if (rule.kind === "HTTPRouteGroup") expect(["buy", "sell"]).toEqual(expect.arrayContaining([...rule.matches]));
      for (const rule of fact.rules) if (rule.kind === "HTTPRouteGroup") expect(rule.matches.length).toBeGreaterThan(0);
      expect(fact.destination).toEqual({ namespace: "shop", serviceAccount: "web" });
    });
    expect(read).toBeGreaterThan(50);
  });
  test("opens no route that it did not open before", () => {
    const whole = parseObject(objectOf(group), mesh).value;
    const before = whole?.kind === "HTTPRouteGroup" ? whole.matches : [];
    const read = eachForm(group, (fact) => {
      if (fact.kind === "HTTPRouteGroup") for (const match of fact.matches) expect(before.some((one) => isWithin(match, one))).toBe(true);
    });
    expect(read).toBeGreaterThan(50);
  });
  test("opens no port that it did not open before", () => {
    const read = eachForm(route, (fact) => {
      if (fact.kind !== "TCPRoute") return;
      expect([3306, 6446]).toEqual(expect.arrayContaining([...fact.ports]));
      expect(fact.ports.length).toBeGreaterThan(0);
    });
    expect(read).toBeGreaterThan(50);
  });
});

/** Whether all that a match lets through went through the other one too. */
function isWithin(match: HttpMatch, one: HttpMatch): boolean {
  return (
    match.name === one.name &&
    match.pathRegex === one.pathRegex &&
    match.methods.length > 0 &&
    match.methods.every((method) => one.methods.includes(method)) &&
    // The name of a header is the user's own word, so that another one is another wish.
    isEqual(Object.values(match.headers), Object.values(one.headers))
  );
}

function isEqual(some: readonly string[], others: readonly string[]): boolean {
  return canonicalJson(some) === canonicalJson(others);
}
