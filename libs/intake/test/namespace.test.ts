import { meshName } from "@osm/model";
import { describe, expect, test } from "vitest";
import { factOf, foundIn } from "./reading.ts";

const monitored = "openservicemesh.io/monitored-by";
const ignored = "openservicemesh.io/ignore";
const alias = "osm-injection: enabled";
const namespace = (labels: string) => `{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: ${labels}}}`;

function isMember(labels: string, mesh: string): boolean {
  return factOf(namespace(labels), { mesh: meshName(mesh), osmNamespace: "osm-system" }) !== undefined;
}

describe("a Namespace", () => {
  test.each([
    [`{${monitored}: osm}`, true, false],
    [`{${monitored}: blue}`, false, true],
    [`{${alias}}`, true, false],
    [`{${alias}, ${monitored}: blue}`, false, true],
    [`{${alias}, ${monitored}: osm}`, true, false],
    [`{${alias}, ${monitored}: ""}`, false, false],
    ["{osm-injection: disabled}", false, false],
    ["{osm-injection: Enabled}", false, false],
    [`{${monitored}: osm, ${ignored}: "true"}`, false, false],
    [`{${alias}, ${ignored}: ""}`, false, false],
    ["{}", false, false],
    ["", false, false],
  ])("labelled %s is of mesh osm: %s, of mesh blue: %s", (labels, ofOsm, ofBlue) => {
    expect([isMember(labels, "osm"), isMember(labels, "blue")]).toEqual([ofOsm, ofBlue]);
  });
  test("that says the alias is of a mesh of another name where that was installed as the only one", () => {
    const only = { mesh: meshName("blue"), osmNamespace: "blue-system", claimsAlias: true };
    expect(factOf(namespace(`{${alias}}`), only)).toBeDefined();
    expect(factOf(namespace(`{${alias}, ${monitored}: green}`), only)).toBeUndefined();
    expect(factOf(namespace("{}"), only)).toBeUndefined();
  });
  test("is a fact without a namespace of its own", () => {
    expect(factOf(namespace(`{${monitored}: osm}`))).toEqual({ kind: "Namespace", namespace: "", name: "shop" });
  });
  test("that asks for one mesh and belongs to another is told so, by the mesh it asks for", () => {
    const text = namespace(`{${alias}, ${monitored}: blue}`);
    expect(foundIn(text)).toEqual(["NAMESPACE_LABEL_OF_OTHER_MESH at metadata.labels.osm-injection (blue)"]);
    expect(foundIn(text, { mesh: meshName("blue"), osmNamespace: "blue" })).toEqual([]);
    expect(foundIn(text, { mesh: meshName("red"), osmNamespace: "red" })).toEqual([]);
    expect(foundIn(namespace(`{${alias}}`))).toEqual([]);
  });
  test("with a label that is no text is not read", () => {
    expect(foundIn(namespace(`{${monitored}: true}`))[0]).toContain(`OBJECT_UNREADABLE at metadata.labels["${monitored}"] `);
    expect(factOf(namespace(`{${alias}, a: 1}`))).toBeUndefined();
  });
});
