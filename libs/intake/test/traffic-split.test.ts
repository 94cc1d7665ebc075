import { describe, expect, test } from "vitest";
import { factOf, foundIn, smi } from "./reading.ts";

const half = "[{service: web-v1, weight: 50}, {service: web-v2, weight: 50}]";

interface Parts {
  readonly service?: string;
  readonly backends?: string;
  readonly rest?: string;
  readonly version?: string;
}

function split({ service = "web", backends = half, rest = "", version = "v1alpha2" }: Parts = {}): string {
  return smi(`split.smi-spec.io/${version} TrafficSplit`, `{service: ${service}, backends: ${backends}${rest}}`);
}

describe("a TrafficSplit", () => {
  test.each(["v1alpha2", "v1alpha3", "v1alpha4"])("of %s is read", (version) => {
    expect(foundIn(split({ version }))).toEqual([]);
    expect(factOf(split({ version }))).toEqual({
      kind: "TrafficSplit", namespace: "shop", name: "it", service: "web", matches: [],
      backends: [{ service: "web-v1", weight: 50 }, { service: "web-v2", weight: 50 }],
    });
  });
  test("of v1alpha1 is not: its weights are quantities", () => {
    expect(foundIn(split({ version: "v1alpha1" }))).toEqual(["OBJECT_UNSUPPORTED_VERSION at apiVersion (v1alpha1)"]);
  });
  test.each(["web.shop", "web.shop.svc", "web.shop.svc.cluster.local", "web.shop.svc.corp.example"])("names its service as %s", (service) => {
    expect(factOf(split({ service }))).toEqual(factOf(split()));
    expect(factOf(split({ backends: `[{service: ${service}, weight: 1}]` }))).toMatchObject({ backends: [{ service: "web", weight: 1 }] });
  });
  test("may be limited to what route groups match, named in any order", () => {
    const groups = ["{kind: HTTPRouteGroup, name: b}", "{kind: HTTPRouteGroup, name: a, apiGroup: specs.smi-spec.io}"];
    expect(factOf(split({ version: "v1alpha4", rest: `, matches: [${groups.join(", ")}]` }))).toMatchObject({ matches: ["a", "b"] });
    expect(factOf(split({ version: "v1alpha4", rest: `, matches: [${groups.toReversed().join(", ")}]` }))).toMatchObject({ matches: ["a", "b"] });
  });
  test("is the same in whatever order its backends stand, and adds up one that is named twice", () => {
    const backends = ["{service: b, weight: 1}", "{service: a, weight: 2}", "{service: b.shop, weight: 3}"];
    expect(factOf(split({ backends: `[${backends.join(", ")}]` }))).toMatchObject({ backends: [{ service: "a", weight: 2 }, { service: "b", weight: 4 }] });
    expect(factOf(split({ backends: `[${backends.toReversed().join(", ")}]` }))).toEqual(factOf(split({ backends: `[${backends.join(", ")}]` })));
  });
  test("keeps a backend without weight, and may send a share to its own service", () => {
    expect(factOf(split({ backends: "[{service: web, weight: 0}, {service: web-v2, weight: 1}]" }))).toMatchObject({
      backends: [{ service: "web", weight: 0 }, { service: "web-v2", weight: 1 }],
    });
  });

  test.each<readonly [string, Parts, string]>([
    ["of a service elsewhere", { service: "web.den.svc.cluster.local" }, "SPLIT_OTHER_NAMESPACE at spec.service (den)"],
    ["to a backend elsewhere", { backends: "[{service: a, weight: 1}, {service: a.den, weight: 1}]" }, "SPLIT_OTHER_NAMESPACE at spec.backends[1].service (den)"],
    ["with all weights zero", { backends: "[{service: a, weight: 0}, {service: b, weight: 0}]" }, "SPLIT_WEIGHTS_ZERO at spec.backends"],
    ["without backends", { backends: "[]" }, "OBJECT_UNREADABLE at spec.backends "],
    ["with a weight below zero", { backends: "[{service: a, weight: -1}]" }, "OBJECT_UNREADABLE at spec.backends[0].weight "],
    ["with half a weight", { backends: "[{service: a, weight: 0.5}]" }, "OBJECT_UNREADABLE at spec.backends[0].weight "],
    ["with a weight that is a text", { backends: '[{service: a, weight: "1"}]' }, "OBJECT_UNREADABLE at spec.backends[0].weight "],
    ["with a weight beyond measure", { backends: "[{service: a, weight: 1000001}]" }, "OBJECT_UNREADABLE at spec.backends[0].weight "],
    ["of a name that is no service's", { service: "web.shop.pod" }, "OBJECT_UNREADABLE at spec.service "],
    ["without a service", { service: "" }, "OBJECT_UNREADABLE at spec.service "],
    ["by a TCPRoute", { rest: ", matches: [{kind: TCPRoute, name: a}]" }, "OBJECT_UNREADABLE at spec.matches[0].kind "],
    ["to too many backends", { backends: `[${Array.from({ length: 1001 }, (_, at) => `{service: b${at}, weight: 1}`).join(", ")}]` }, "OBJECT_UNREADABLE at spec.backends "],
  ])("%s has no effect and says why", (_name, parts, found) => {
    expect(factOf(split(parts))).toBeUndefined();
    expect(foundIn(split(parts)).join("\n")).toContain(found);
  });
});
