import { describe, expect, test } from "vitest";
import { factOf, foundIn, smi } from "./reading.ts";

const route = (spec: string, version = "v1alpha4") => smi(`specs.smi-spec.io/${version} TCPRoute`, spec);
const fact = (ports: readonly number[]) => ({ kind: "TCPRoute", namespace: "shop", name: "it", ports });

describe("a TCPRoute", () => {
  test.each([
    ["ports", "{matches: {ports: [6446, 3306]}}", [3306, 6446]],
    ["ports in another order and twice", "{matches: {name: db, ports: [3306, 6446, 3306]}}", [3306, 6446]],
    ["no port", "{matches: {ports: []}}", []],
    ["a match without ports", "{matches: {name: db}}", []],
    ["no match", "{}", []],
  ])("with %s is read", (_name, spec, ports) => {
    expect(factOf(route(spec))).toEqual(fact(ports));
    expect(foundIn(route(spec))).toEqual([]);
  });
  test("of v1alpha3 means every port, unless it says otherwise", () => {
    expect(factOf(route("{}", "v1alpha3"))).toEqual(fact([]));
    expect(factOf(route("{matches: {ports: [80]}}", "v1alpha3"))).toEqual(fact([80]));
  });
  test.each([
    ["a list of matches", "{matches: [{ports: [80]}]}", "spec.matches"],
    ["a port that is a name", "{matches: {ports: [http]}}", "spec.matches.ports[0]"],
    ["a port beyond all ports", "{matches: {ports: [80, 65536]}}", "spec.matches.ports[1]"],
    ["port zero", "{matches: {ports: [0]}}", "spec.matches.ports[0]"],
    ["ports left open", "{matches: {ports: }}", "spec.matches.ports"],
    ["matches left open", "{matches: }", "spec.matches"],
    ["a misspelt key", "{matches: {port: [80]}}", "spec.matches.port"],
    ["ports beside the match", "{ports: [80]}", "spec.ports"],
    ["nothing said", "", "spec"],
    ["too many ports", `{matches: {ports: [${Array.from({ length: 1001 }, (_, at) => at + 1).join(", ")}]}}`, "spec.matches.ports"],
  ])("with %s opens nothing", (_name, spec, field) => {
    expect(factOf(route(spec))).toBeUndefined();
    expect(foundIn(route(spec))[0]).toContain(`OBJECT_UNREADABLE at ${field} `);
  });
});
