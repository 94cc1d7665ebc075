import { describe, expect, test } from "vitest";
import { factOf, foundIn, smi } from "./reading.ts";

const v3 = "access.smi-spec.io/v1alpha3 TrafficTarget";
const v2 = "access.smi-spec.io/v1alpha2 TrafficTarget";
const web = "{kind: ServiceAccount, name: web, namespace: shop}";
const buyer = "{kind: ServiceAccount, name: buyer, namespace: shop}";
const routes = "{kind: HTTPRouteGroup, name: routes, matches: [buy]}";

interface Parts {
  readonly destination?: string;
  readonly rules?: string;
  readonly sources?: string;
  readonly rest?: string;
}

function target({ destination = web, rules = `[${routes}]`, sources = `[${buyer}]`, rest = "" }: Parts = {}, head = v3): string {
  return smi(head, `{destination: ${destination}, rules: ${rules}, sources: ${sources}${rest}}`);
}

describe("a TrafficTarget", () => {
  test.each([v3, v2])("of %s is read", (head) => {
    expect(foundIn(target({}, head))).toEqual([]);
    expect(factOf(target({}, head))).toEqual({
      kind: "TrafficTarget", namespace: "shop", name: "it",
      destination: { namespace: "shop", serviceAccount: "web" },
      sources: [{ namespace: "shop", serviceAccount: "buyer" }],
      rules: [{ kind: "HTTPRouteGroup", name: "routes", matches: ["buy"] }],
    });
  });
  test("means its own namespace where none is named", () => {
    expect(factOf(target({ destination: "{kind: ServiceAccount, name: web}", sources: "[{kind: ServiceAccount, name: buyer}]" }))).toEqual(factOf(target()));
  });
  test("takes TCPRoutes, whose one match needs no name", () => {
    const rules = "[{kind: TCPRoute, name: db, matches: [any]}, {kind: HTTPRouteGroup, name: db}]";
    expect(factOf(target({ rules }))).toMatchObject({
      rules: [{ kind: "HTTPRouteGroup", name: "db", matches: [] }, { kind: "TCPRoute", name: "db", matches: [] }],
    });
  });
  test("is the same in whatever order its lists stand, and whatever is said twice", () => {
    const thief = "{kind: ServiceAccount, name: thief, namespace: den}";
    const more = "{kind: HTTPRouteGroup, name: routes, matches: [sell, browse]}";
    const again = "{kind: HTTPRouteGroup, name: routes, matches: [browse, sell, browse]}";
    const one = factOf(target({ rules: `[${routes}, ${more}]`, sources: `[${buyer}, ${thief}]` }));
    expect(factOf(target({ rules: `[${again}, ${routes}, ${more}]`, sources: `[${thief}, ${buyer}, ${thief}]` }))).toEqual(one);
  });

  test.each<readonly [string, Parts, readonly string[]]>([
    ["in another namespace than its destination", { destination: "{kind: ServiceAccount, name: web, namespace: den}" }, ["TARGET_OTHER_NAMESPACE at spec.destination.namespace (den)"]],
    ["without rules", { rules: "[]" }, ["TARGET_WITHOUT_RULES at spec.rules"]],
    ["without sources", { sources: "[]" }, ["TARGET_WITHOUT_SOURCES at spec.sources"]],
    ["with a rule of UDP", { rules: `[${routes}, {kind: UDPRoute, name: dns}]` }, ["TARGET_UNSUPPORTED_KIND at spec.rules[1].kind (UDPRoute)"]],
    ["for a Service", { destination: "{kind: Service, name: web}" }, ["TARGET_UNSUPPORTED_KIND at spec.destination.kind (Service)"]],
    ["from a User", { sources: `[${buyer}, {kind: User, name: jane}]` }, ["TARGET_UNSUPPORTED_KIND at spec.sources[1].kind (User)"]],
    ["limited to a port", { destination: "{kind: ServiceAccount, name: web, port: 8080}" }, ["OBJECT_UNREADABLE at spec.destination.port (unknown key)"]],
    ["with a misspelt list of matches", { rules: "[{kind: HTTPRouteGroup, name: routes, match: [buy]}]" }, ["OBJECT_UNREADABLE at spec.rules[0].match (unknown key)"]],
    ["with a key that is not of it", { rest: ", except: [a]" }, ["OBJECT_UNREADABLE at spec.except (unknown key)"]],
    ["with an empty list of matches left open", { rules: "[{kind: HTTPRouteGroup, name: routes, matches: }]" }, ["OBJECT_UNREADABLE at spec.rules[0].matches (Invalid input: expected array, received null)"]],
    ["with a destination without a name", { destination: "{kind: ServiceAccount}" }, ["OBJECT_UNREADABLE at spec.destination.name (Invalid input: expected string, received undefined)"]],
    ["with a source that is a text", { sources: "[buyer]" }, ["OBJECT_UNREADABLE at spec.sources[0] (Invalid input: expected object, received string)"]],
  ])("%s grants nothing and says why", (_name, parts, found) => {
    expect(factOf(target(parts))).toBeUndefined();
    expect(foundIn(target(parts))).toEqual(found);
  });

  test("says everything that is wrong with it at once", () => {
    const found = foundIn(target({ destination: "{kind: Service, name: web, namespace: den}", rules: "[]", sources: "[]" }));
    expect(found.map((each) => each.split(" ")[0])).toEqual(["TARGET_OTHER_NAMESPACE", "TARGET_WITHOUT_RULES", "TARGET_WITHOUT_SOURCES", "TARGET_UNSUPPORTED_KIND"]);
  });
  test("of a thousand sources is read, of one more not", () => {
    const sources = (count: number) => `[${Array.from({ length: count }, (_, at) => `{kind: ServiceAccount, name: s${at}}`).join(", ")}]`;
    expect(foundIn(target({ sources: sources(1000) }))).toEqual([]);
    expect(foundIn(target({ sources: sources(1001) }))[0]).toMatch(/^OBJECT_UNREADABLE at spec\.sources /);
  });
  test.each(["v1alpha1", "v1alpha4", "v1"])("of version %s is not read", (version) => {
    const text = target({}, `access.smi-spec.io/${version} TrafficTarget`);
    expect(factOf(text)).toBeUndefined();
    expect(foundIn(text)).toEqual([`OBJECT_UNSUPPORTED_VERSION at apiVersion (${version})`]);
  });
});
