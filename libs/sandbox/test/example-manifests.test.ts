import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { headOf, isRead, parseObject, splitDocuments } from "@osm/intake";
import { withDefaults } from "@osm/kube";
import { meshName } from "@osm/model";
import { expect, test } from "vitest";
import { noObjects, withEvent, type FolderObjects } from "../src/folder/folder-objects.ts";

const manifests = join(import.meta.dirname, "../../../docs/example/manifests");
const context = { mesh: meshName("osm"), osmNamespace: "osm-system" };
const files = globSync("**/*.yaml", { cwd: manifests }).toSorted();
const oldForms = files.filter((file) => file.startsWith("old-smi/"));
const present = files.filter((file) => !oldForms.includes(file));

function objectsIn(file: string): readonly unknown[] {
  const documents = splitDocuments(readFileSync(join(manifests, file), "utf8"));
  if (documents.kind === "broken") throw new Error(`${file}: line ${documents.line}: ${documents.reason}`);
  return documents.objects.map(withDefaults);
}

const describedAs = (object: unknown) => {
  const head = headOf(object);
  return head && `${head.group}/${head.version} ${head.kind} ${head.namespace}/${head.name}`;
};

test.each(present)("the mesh reads %s without a word", (file) => {
  const objects = objectsIn(file);
  expect(objects.length).toBeGreaterThan(0);
  for (const object of objects) {
    const head = headOf(object);
    if (!head) throw new Error(`${file}: not an object of Kubernetes`);
    if (head.kind === "Deployment") continue;
    expect(isRead(head), describedAs(object)).toBe(true);
    expect(parseObject(object, context).findings, describedAs(object)).toEqual([]);
    expect(parseObject(object, context).value, describedAs(object)).toBeDefined();
  }
});

test("the guides' folders hold what the guides say they hold", () => {
  const kindsIn = (folder: string, kind: string) =>
    present.filter((file) => file.startsWith(`${folder}/`)).flatMap(objectsIn).map(headOf).filter((head) => head?.kind === kind).map((head) => `${head?.namespace}/${head?.name}`);
  expect(kindsIn("apps", "Deployment")).toEqual(["bookbuyer/bookbuyer", "bookstore/bookstore-v1", "bookthief/bookthief", "bookwarehouse/bookwarehouse", "bookwarehouse/database"]);
  expect(kindsIn("apps", "Service")).toEqual(["bookstore/bookstore", "bookstore/bookstore-v1", "bookwarehouse/bookwarehouse", "bookwarehouse/database"]);
  expect(kindsIn("access", "TrafficTarget")).toEqual(["bookstore/bookstore", "bookwarehouse/bookstore-access-bookwarehouse", "bookwarehouse/database"]);
  expect(new Set(kindsIn("split", "TrafficSplit"))).toEqual(new Set(["bookstore/bookstore-split"]));
});

test("a sandbox runs every Deployment of them", () => {
  let objects: FolderObjects = noObjects;
  for (const file of present) {
    for (const object of objectsIn(file)) {
      const change = withEvent(objects, { kind: "object", object, source: file });
      expect(change.remarks).toEqual([]);
      objects = change.objects;
    }
  }
  expect(objects.workloads.size).toBe(8);
  for (const { namespace } of objects.workloads.values()) expect(objects.namespaces.get(namespace)?.annotations).toMatchObject({ "openservicemesh.io/sidecar-injection": "enabled" });
});

test.each(oldForms)("%s has the versions of its time, and is read as today's are", (file) => {
  const versions = { TrafficTarget: "v1alpha2", HTTPRouteGroup: "v1alpha3", TrafficSplit: "v1alpha2" };
  for (const object of objectsIn(file)) {
    const head = headOf(object);
    expect(versions).toHaveProperty(head?.kind ?? "nothing", head?.version);
    const { value, findings } = parseObject(object, context);
    expect(findings, describedAs(object)).toEqual([]);
    expect(value, describedAs(object)).toBeDefined();
  }
});

test("the old access grants what today's does, but for the name of a service it also asks for", () => {
  const targets = (name: string) =>
    files.filter((file) => file.startsWith(name)).flatMap(objectsIn).map((object) => parseObject(object, context).value).filter((fact) => fact?.kind === "TrafficTarget");
  const grants = (name: string) => targets(name).map((target) => JSON.stringify([target.destination, target.sources, target.rules]));
  const old = [...grants("old-smi/access/"), ...grants("old-smi/bookstore-v2/")];
  const today = [...grants("access/bookstore"), ...grants("access/bookwarehouse"), ...grants("bookstore-v2/")];
  expect(old.toSorted()).toEqual(today.toSorted());
});
