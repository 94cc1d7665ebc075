import { expect, test } from "vitest";
import { noObjects, withEvent, type FolderObjects } from "../src/folder/folder-objects.ts";
import { deploymentObject } from "./fixtures/workload.ts";

const source = "shop.yaml";
const service = (spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "shop" }, spec });
const after = (objects: FolderObjects, object: unknown) => withEvent(objects, { kind: "object", object, source });
const gone = (group: string, kind: string) => ({ kind: "gone", head: { group, version: "v1", kind, namespace: "shop", name: "web" } }) as const;

test("keeps the Deployments, Services and Namespaces of the folders, and forgets them with their files", () => {
  let objects = noObjects;
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "web", labels: { a: "b" } } };
  for (const object of [namespace, service({ clusterIP: "10.96.0.7", ports: [{ port: 80 }] }), deploymentObject()]) objects = after(objects, object).objects;
  expect(objects.namespaces.get("web")).toMatchObject({ name: "web", labels: { a: "b" }, annotations: {} });
  expect(objects.services.get("shop/web")).toEqual({ namespace: "shop", name: "web", clusterIP: "10.96.0.7", selector: {}, ports: [{ name: "", port: 80, targetPort: 80 }] });
  expect(objects.workloads.get("shop/web")).toMatchObject({ replicas: 1, serviceAccount: "web" });

  for (const event of [gone("", "Namespace"), gone("", "Service"), gone("apps", "Deployment")]) objects = withEvent(objects, event).objects;
  expect(objects).toEqual(noObjects);
});

test("leaves out what is not TCP, and services without an address", () => {
  const ports = [{ port: 53, protocol: "UDP" }, { port: 80, targetPort: "http", appProtocol: "http", name: "web" }];
  const found = after(noObjects, service({ clusterIP: "None", selector: { app: "web" }, ports })).objects.services.get("shop/web");
  expect(found).toMatchObject({ clusterIP: "None", ports: [{ name: "web", port: 80, targetPort: "http", appProtocol: "http" }] });
  expect(after(noObjects, service({ type: "ExternalName" })).objects.services.size).toBe(0);
});

test("keeps the last readable form of a Deployment, and says where the new one is wrong", () => {
  const before = after(noObjects, deploymentObject()).objects;
  const two = { spec: { template: { spec: { containers: [{ name: "a", image: "a" }, { name: "b", image: "b" }] } } } };
  const { objects, remarks } = after(before, { ...deploymentObject(), ...two });
  expect(objects.workloads.get("shop/web")).toBe(before.workloads.get("shop/web"));
  expect(remarks).toEqual([{ source, reason: expect.stringMatching(/^deployment shop\/web: spec\.template/) }]);
});

test("says what will not run, and passes over what is none of its business", () => {
  const object = (apiVersion: string, kind: string) => ({ apiVersion, kind, metadata: { name: "web", namespace: "shop" } });
  expect(after(noObjects, object("apps/v1", "StatefulSet")).remarks[0]?.reason).toBe("a sandbox runs Deployments only, not StatefulSet shop/web");
  expect(after(noObjects, object("access.smi-spec.io/v1alpha3", "TrafficTarget"))).toEqual({ objects: noObjects, remarks: [] });
  expect(withEvent(noObjects, { kind: "unreadable", source, line: 3, reason: "BAD_INDENT" }).remarks).toEqual([{ source, reason: "line 3: BAD_INDENT" }]);
});
