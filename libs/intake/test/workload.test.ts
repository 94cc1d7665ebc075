import { describe, expect, test } from "vitest";
import { factOf, foundIn } from "./reading.ts";

interface PodParts {
  readonly metadata?: string;
  readonly spec?: string;
  readonly status?: string;
}

function pod({ metadata = "uid: u-1", spec = "containers: [{name: app}]", status = "{phase: Running, podIPs: [{ip: 10.0.0.2}]}" }: PodParts = {}): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: web-0, namespace: shop, ${metadata}}, spec: {${spec}}, status: ${status}}`;
}

describe("a Pod", () => {
  test("is read", () => {
    const spec = "serviceAccountName: web, containers: [{name: app, ports: [{name: http, containerPort: 8080}]}, {name: envoy}]";
    expect(factOf(pod({ metadata: "uid: u-1, labels: {app: web}", spec }))).toEqual({
      kind: "Pod", namespace: "shop", name: "web-0", uid: "u-1", serviceAccount: "web", labels: { app: "web" }, ips: ["10.0.0.2"],
      ports: { http: 8080 }, meshed: true,
    });
  });
  test("has the default account, no labels and no address where nothing is said", () => {
    expect(factOf(pod({ metadata: "uid: u-1, labels: ", spec: "serviceAccountName: , containers: [{name: app}]", status: "" }))).toMatchObject({
      serviceAccount: "default", labels: {}, ips: [], ports: {}, meshed: false,
    });
  });
  test("keeps its addresses of both families, its main one first", () => {
    expect(factOf(pod({ status: "{podIPs: [{ip: 'FD00:1::2'}, {ip: 10.0.0.2}]}" }))).toMatchObject({ ips: ["fd00:1::2", "10.0.0.2"] });
  });
  test("is of the mesh when its sidecar is one that starts before it", () => {
    expect(factOf(pod({ spec: "containers: [{name: app}], initContainers: [{name: envoy}]" }))).toMatchObject({ meshed: true });
  });
  test("names ports the same in whatever order its containers stand", () => {
    const containers = ["{name: a, ports: [{name: x, containerPort: 2}, {name: u, containerPort: 3, protocol: UDP}]}", "{name: b, ports: [{name: x, containerPort: 1}, {containerPort: 9}]}"];
    expect(factOf(pod({ spec: `containers: [${containers.join(", ")}]` }))).toMatchObject({ ports: { x: 1 } });
    expect(factOf(pod({ spec: `containers: [${containers.toReversed().join(", ")}]` }))).toMatchObject({ ports: { x: 1 } });
  });
  test("is forgotten once it has ended", () => {
    for (const phase of ["Succeeded", "Failed"]) expect(factOf(pod({ status: `{phase: ${phase}}` }))).toBeUndefined();
  });
  test.each([
    [pod({ metadata: "labels: {}" }), "metadata.uid"],
    [pod({ metadata: "uid: 'a b'" }), "metadata.uid"],
    [pod({ spec: "serviceAccountName: A, containers: []" }), "spec.serviceAccountName"],
    [pod({ spec: "containers: [{}]" }), "spec.containers[0].name"],
    [pod({ status: "{podIPs: [{ip: nowhere}]}" }), "status.podIPs[0].ip"],
  ])("at fault (%#) is not read", (text, field) => {
    expect(factOf(text)).toBeUndefined();
    expect(foundIn(text)[0]).toContain(`OBJECT_UNREADABLE at ${field} `);
  });
});

test("a ServiceAccount is read", () => {
  expect(factOf("{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}}")).toEqual({ kind: "ServiceAccount", namespace: "shop", name: "web" });
});
