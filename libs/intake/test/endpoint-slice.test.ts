import { describe, expect, test } from "vitest";
import { factOf, foundIn } from "./reading.ts";

function slice(endpoints: string, ports = "[{name: http, port: 8080}]", labels = "{kubernetes.io/service-name: web}"): string {
  return `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-1, namespace: shop, labels: ${labels}}, addressType: IPv4, endpoints: ${endpoints}, ports: ${ports}}`;
}

function endpointsOf(endpoints: string): unknown {
  const fact = factOf(slice(endpoints));
  return fact?.kind === "EndpointSlice" ? fact.endpoints : undefined;
}

describe("an EndpointSlice", () => {
  test("is read", () => {
    expect(factOf(slice("[{addresses: [10.0.0.2], conditions: {ready: true}, targetRef: {kind: Pod, name: web-0}}]"))).toEqual({
      kind: "EndpointSlice", namespace: "shop", name: "web-1", service: "web", ports: [{ name: "http", port: 8080 }],
      endpoints: [{ address: "10.0.0.2", ready: true, pod: "web-0" }],
    });
  });
  test.each([
    ["", true],
    ["conditions: {}", true],
    ["conditions: ", true],
    ["conditions: {ready: false}", false],
    ["conditions: {ready: true, terminating: true}", false],
    ["conditions: {ready: true, terminating: false}", true],
  ])("takes new connections by its conditions (%s): %s", (conditions, ready) => {
    expect(endpointsOf(`[{addresses: [10.0.0.2], ${conditions}}]`)).toEqual([{ address: "10.0.0.2", ready, pod: "" }]);
  });
  test("is the same in whatever order its lists stand", () => {
    const endpoints = ["{addresses: [10.0.0.3, 10.0.0.2]}", "{addresses: [10.0.0.1], conditions: {ready: false}}", "{addresses: [10.0.0.1]}"];
    const ports = ["{name: b, port: 1}", "{name: a, port: 2}", "{name: u, port: 3, protocol: UDP}"];
    const fact = factOf(slice(`[${endpoints.join(", ")}]`, `[${ports.join(", ")}]`));
    expect(factOf(slice(`[${endpoints.toReversed().join(", ")}]`, `[${ports.toReversed().join(", ")}]`))).toEqual(fact);
    expect(fact).toMatchObject({ ports: [{ name: "a" }, { name: "b" }] });
  });
  test("of IPv6 keeps its addresses, each in one form", () => {
    expect(endpointsOf("[{addresses: ['FD00:1:0::2'], targetRef: {kind: Pod, name: web-0}}]")).toEqual([{ address: "fd00:1::2", ready: true, pod: "web-0" }]);
  });
  test("leaves out addresses that are names, and slices that no service owns", () => {
    expect(endpointsOf("[{addresses: [example.com]}]")).toEqual([]);
    expect(factOf(slice("[]", "[]", "{}"))).toBeUndefined();
    expect(factOf(slice("", ""))).toMatchObject({ endpoints: [], ports: [] });
  });
  test.each([
    ["[{}]", "endpoints[0].addresses"],
    ["[{addresses: [10.0.0.2], conditions: {ready: maybe}}]", "endpoints[0].conditions.ready"],
    [`[${Array.from({ length: 1001 }, () => "{addresses: []}").join(", ")}]`, "endpoints"],
  ])("at fault (%#) is not read", (endpoints, field) => {
    expect(factOf(slice(endpoints))).toBeUndefined();
    expect(foundIn(slice(endpoints))[0]).toContain(`OBJECT_UNREADABLE at ${field} `);
  });
});
