import { expect, test } from "vitest";
import { injectionOf, keys, meshOfNamespace } from "../src/namespaces/namespace-object.ts";
import { addedTo, ignored, removedFrom } from "../src/namespaces/verdicts.ts";

const namespace = (labels: Record<string, string> = {}, annotations: Record<string, string> = {}) => ({ name: "shop", resourceVersion: "1", labels, annotations });
const named = (...names: readonly string[]) => names.map((name) => ({ name: name.replace("!", ""), claimsAlias: name.endsWith("!") }));
const removing = { mesh: "osm", meshes: named("osm", "blue") };
const adding = { mesh: "osm", inject: true, controlPlanes: [] };

test.each([
  ["one that is free is added", addedTo("shop", namespace(), adding), "successfully added to mesh [osm]"],
  ["one that is in it already is left", addedTo("shop", namespace({ [keys.mesh]: "osm" }, { [keys.injection]: "enabled" }), adding), "already in mesh [osm]"],
  ["one that is in it without injection is changed", addedTo("shop", namespace({ [keys.mesh]: "osm" }), adding), "successfully added"],
  ["one of another mesh is refused", addedTo("shop", namespace({ [keys.mesh]: "blue" }), adding), "is in mesh blue, and can be in one only"],
  ["one that is ignored is refused", addedTo("shop", namespace({ [keys.ignore]: "true" }), adding), "is ignored: kubectl label"],
  ["one with a control plane is left alone", addedTo("shop", namespace(), { ...adding, controlPlanes: ["blue"] }), "control plane of mesh [blue]"],
  ["one that is not there is refused", addedTo("shop", undefined, adding), "there is no namespace shop"],
  ["a member is removed", removedFrom("shop", namespace({ [keys.mesh]: "osm" }), removing), "successfully removed from mesh [osm]"],
  ["a member by the alias is removed", removedFrom("shop", namespace({ [keys.alias]: "enabled" }), removing), "successfully removed"],
  ["another mesh's member is not removed", removedFrom("shop", namespace({ [keys.mesh]: "blue" }), removing), "not in osm"],
  ["one of no mesh is left", removedFrom("shop", namespace(), removing), "is in no mesh"],
  ["a member of another mesh by the alias is not removed", removedFrom("shop", namespace({ [keys.alias]: "enabled" }), { ...removing, mesh: "blue" }), "is in mesh osm, not in blue"],
  ["the alias is taken off where no mesh is left", removedFrom("shop", namespace({ [keys.alias]: "enabled" }), { mesh: "osm", meshes: [] }), "successfully removed"],
  ["one that is ignored for now is removed", removedFrom("shop", namespace({ [keys.mesh]: "osm", [keys.ignore]: "true" }), removing), "successfully removed"],
  ...["kube-system", "kube-public", "kube-node-lease"].map((name) => ["one of Kubernetes is refused", addedTo(name, namespace(), adding), `${name} is Kubernetes' own, and no mesh injects into it`] as const),
  ["one that the webhooks leave out is refused", addedTo("shop", namespace({ "control-plane": "x" }), adding), "has the label control-plane"],
  ["one is ignored", ignored("shop", namespace()), "is ignored from now on"],
] as const)("%s", (_, verdict, words) => {
  expect(verdict.kind === "refused" ? verdict.why : verdict.said).toContain(words);
});

test("a removed namespace keeps nothing of the mesh", () => {
  expect(removedFrom("shop", namespace({ [keys.mesh]: "osm" }), removing)).toMatchObject({ labels: { [keys.mesh]: null, [keys.alias]: null }, annotations: { [keys.injection]: null, [keys.metrics]: null } });
});

test.each([
  [{ [keys.mesh]: "blue" }, ["osm"], "blue"],
  [{ [keys.alias]: "enabled" }, ["osm", "blue"], "osm"],
  [{ [keys.alias]: "enabled" }, ["blue"], ""],
  [{ [keys.alias]: "enabled" }, ["blue!"], "blue"],
  [{ [keys.alias]: "enabled" }, ["blue!", "osm"], "osm"],
  [{ [keys.alias]: "enabled" }, ["blue", "green"], ""],
  [{ [keys.alias]: "enabled", [keys.ignore]: "true" }, ["osm"], ""],
  [{}, ["osm"], ""],
] as const)("labels %j among the meshes %j (!: claims the alias) mean mesh '%s'", (labels, meshes, mesh) => {
  expect(meshOfNamespace(namespace(labels), named(...meshes))).toBe(mesh);
});

test.each([
  [{}, { [keys.injection]: "Yes" }, "enabled"],
  [{}, { [keys.injection]: "disabled" }, "disabled"],
  [{ [keys.alias]: "enabled" }, {}, "enabled"],
  [{}, {}, "-"],
] as const)("labels %j and annotations %j show as %s", (labels, annotations, shown) => {
  expect(injectionOf(namespace(labels, annotations))).toBe(shown);
});
