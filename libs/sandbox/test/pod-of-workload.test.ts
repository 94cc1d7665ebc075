import { expect, test } from "vitest";
import { podOfWorkload, type PodOrder } from "../src/folder/pod-of-workload.ts";
import { deploymentObject, workload, workloadOf } from "./fixtures/workload.ts";

const namespace = { name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } };
const mesh = { name: "osm", namespace: "osm-system" };
const images = () => ({ argv: ["/bin/web"], env: { LEVEL: "low", HOST: "any" } });
const order: PodOrder = { workload, podName: "web-1", namespace, images, mesh };

test("has the manifest's account, labels and ports, and the program of its image", () => {
  expect(podOfWorkload(order)).toEqual({
    namespace: "shop", name: "web-1", serviceAccount: "web", labels: { app: "web" }, ports: [{ name: "http", containerPort: 8080 }],
    command: { argv: ["/bin/web"], env: { LEVEL: "low", HOST: "any" } }, sidecar: true,
  });
});

test("gets a sidecar where its namespace is of the mesh and injection is on, and neither it nor the pod says no", () => {
  const sidecar = (change: Partial<PodOrder>) => podOfWorkload({ ...order, ...change }).sidecar;
  expect(sidecar({ mesh: undefined })).toBe(false);
  expect(sidecar({ mesh: { ...mesh, name: "other" } })).toBe(false);
  expect(sidecar({ namespace: { ...namespace, annotations: {} } })).toBe(false);
  const template = { metadata: { annotations: { "openservicemesh.io/sidecar-injection": "disabled" } }, spec: { containers: [{ name: "web" }] } };
  expect(sidecar({ workload: { ...workload, template } })).toBe(false);
  const unclear = { ...namespace, annotations: { "openservicemesh.io/sidecar-injection": "perhaps" } };
  expect(() => sidecar({ namespace: unclear })).toThrow(/^deployment shop\/web: .*sidecar-injection/);
});

test("fills its environment from the manifest before the image's", () => {
  const env = [
    { name: "LEVEL", value: "high" },
    { name: "EMPTY" },
    { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ];
  const spec = podOfWorkload({ ...order, workload: workloadOf(deploymentObject({ env })) });
  expect(spec.command.env).toEqual({ LEVEL: "high", HOST: "any", EMPTY: "", POD: "web-1" });
});

test("is refused with the Deployment's name when it cannot be had", () => {
  expect(() => podOfWorkload({ ...order, images: () => undefined })).toThrow("deployment shop/web: no program stands for the image shop/web:v1");
  const secret = deploymentObject({ env: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "a", key: "b" } } }] });
  expect(() => podOfWorkload({ ...order, workload: workloadOf(secret) })).toThrow("deployment shop/web: cannot fill its variable KEY");
  const node = deploymentObject({ env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }] });
  expect(() => podOfWorkload({ ...order, workload: workloadOf(node) })).toThrow(/NODE what spec\.nodeName is/);
});

test("is of another revision when anything in its template changes, and not when only the replicas do", () => {
  const { revision } = workload;
  expect(workloadOf(deploymentObject({}, { replicas: 4 })).revision).toBe(revision);
  expect(workloadOf(deploymentObject({ env: [{ name: "A", value: "1" }] })).revision).not.toBe(revision);
  expect(workloadOf(deploymentObject({ resources: { limits: { cpu: "1" } } })).revision).not.toBe(revision);
});
