import { describe, expect, test } from "vitest";
import { endpointSlices, type SandboxService } from "../src/endpoint-slice.ts";
import { podObject, type PodState } from "../src/pod-object.ts";

const pod: PodState = {
  namespace: "bookstore",
  name: "v1",
  uid: "uid-v1",
  serviceAccount: "bookstore-v1",
  labels: { app: "bookstore", version: "v1" },
  ports: [{ name: "http", containerPort: 14001 }],
  meshed: true,
  ip: "10.201.0.2",
  startedAt: "2026-11-22T07:00:00.000Z",
  ready: true,
  deletedAt: "",
};
const v2: PodState = { ...pod, name: "v2", uid: "uid-v2", labels: { app: "bookstore", version: "v2" }, ip: "10.201.0.3" };
const service: SandboxService = {
  namespace: "bookstore",
  name: "bookstore",
  clusterIP: "10.96.1.1",
  selector: { app: "bookstore" },
  ports: [{ name: "http", port: 80, targetPort: "http" }],
};
const ready = { ready: true, serving: true, terminating: false };

describe("endpoint slices", () => {
  test("of a service of both families list a pod in one of each, by the address that it has", () => {
    const slices = endpointSlices({ ...service, ipFamilies: ["IPv4", "IPv6"] }, [{ ...pod, ip6: "fd00::2" }, v2]);
    expect(new Set(slices.map(({ name }) => name)).size).toBe(2);
    expect(slices.map(({ object }) => object)).toMatchObject([
      { addressType: "IPv4", endpoints: [{ addresses: [pod.ip] }, { addresses: [v2.ip] }] },
      { addressType: "IPv6", endpoints: [{ addresses: ["fd00::2"] }] },
    ]);
    expect(podObject({ ...pod, ip6: "fd00::2" })).toMatchObject({ status: { podIP: pod.ip, podIPs: [{ ip: pod.ip }, { ip: "fd00::2" }] } });
  });

  test("hold the pods that the selector picks, in order, with the numbers of named ports", () => {
    const other = { ...pod, name: "other", labels: { app: "bookbuyer" } };
    const elsewhere = { ...pod, name: "elsewhere", namespace: "default" };
    const [slice, ...more] = endpointSlices(service, [v2, other, pod, elsewhere]);
    expect(more).toEqual([]);
    expect(slice?.object).toEqual({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace: "bookstore", name: slice?.name, labels: { "kubernetes.io/service-name": "bookstore" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 14001, protocol: "TCP" }],
      endpoints: [
        { addresses: ["10.201.0.2"], conditions: ready, targetRef: { kind: "Pod", namespace: "bookstore", name: "v1", uid: "uid-v1" } },
        { addresses: ["10.201.0.3"], conditions: ready, targetRef: { kind: "Pod", namespace: "bookstore", name: "v2", uid: "uid-v2" } },
      ],
    });
  });

  test.each([
    ["not ready", { ready: false }, { ready: false, serving: false, terminating: false }],
    ["on its way out", { deletedAt: "2026-11-22T07:01:00.000Z" }, { ready: false, serving: true, terminating: true }],
  ])("say of a pod that it is %s", (_what, change, conditions) => {
    const [slice] = endpointSlices(service, [{ ...pod, ...change }]);
    expect(slice?.object).toMatchObject({ endpoints: [{ conditions }] });
  });

  test("part pods whose named port has another number", () => {
    const slices = endpointSlices(service, [pod, { ...v2, ports: [{ name: "http", containerPort: 9000 }] }]);
    expect(slices.map(({ object }) => object)).toMatchObject([{ ports: [{ port: 14001 }] }, { ports: [{ port: 9000 }] }]);
    expect(new Set(slices.map(({ name }) => name)).size).toBe(2);
  });

  test("stand empty for a service without pods, and are left to the user without a selector", () => {
    expect(endpointSlices(service, [])).toMatchObject([{ object: { endpoints: [], ports: [] } }]);
    expect(endpointSlices({ ...service, selector: {} }, [pod])).toEqual([]);
  });
});

describe("pod object", () => {
  test("shows what a watcher reads of a pod", () => {
    expect(podObject(pod)).toMatchObject({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "bookstore", name: "v1", uid: "uid-v1", labels: pod.labels },
      spec: { serviceAccountName: "bookstore-v1", containers: [{ name: "app", ports: [{ name: "http", containerPort: 14001 }] }, { name: "envoy" }] },
      status: { phase: "Running", podIP: "10.201.0.2", podIPs: [{ ip: "10.201.0.2" }], conditions: [{ type: "Ready", status: "True" }] },
    });
    expect(podObject({ ...pod, meshed: false })).toHaveProperty("spec.containers.length", 1);
    expect(podObject({ ...pod, deletedAt: "2026-11-22T07:01:00.000Z" })).toHaveProperty("metadata.deletionTimestamp");
  });
});
