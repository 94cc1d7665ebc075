import { expect, test } from "vitest";
import { definitionsThere, raiseDefinitions } from "../src/install/definitions.ts";
import { placesFor } from "../src/install/places.ts";
import { isOurs } from "../src/install/releases.ts";
import { removeMesh } from "../src/install/remove-mesh.ts";
import { standing, type Standing } from "./standing-meshes.ts";

const root = "osm-ca-bundle";
const all = { wide: true, namespace: true, caBundle: root };
const ours = { status: "deployed", chart: "osm-2.0.0", app_version: "2.0.0" };
const naming = { mesh: "blue", namespace: "osm-system", isUsualNamespace: true, force: true };
const osm = { name: "osm", namespace: "osm-system" };
const rootOf = (mesh: string, namespace: string) => ({ name: root, namespace, mesh });
const release = (name: string, namespace: string) => ({ name, namespace, ...ours });
const osmAlone: Standing = { meshes: [osm], releases: [release("osm", "osm-system")], secrets: [rootOf("osm", "osm-system")] };

test("what is left of a mesh is found where it was, and another mesh keeps its root and namespace", async () => {
  const { remover, changed } = standing({ ...osmAlone, secrets: [...osmAlone.secrets, rootOf("blue", "blue-system")] });
  const places = await placesFor(remover, naming);
  expect(places).toEqual([{ mesh: "blue", namespace: "blue-system" }]);
  for (const place of places) await removeMesh(remover, place, { ...all, namespace: false });
  expect(changed.filter((each) => each.includes("/osm-system"))).toEqual([]);
  expect(changed).toContain(`DELETE /api/v1/namespaces/blue-system/secrets/${root}`);
});

test.each([
  ["of the same namespace", { mesh: "blue", namespace: "osm-system" }],
  ["of the same name", { mesh: "osm", namespace: "blue-system" }],
])("nothing is deleted below a standing mesh %s, and it is said", async (_, place) => {
  const { remover, changed, warned } = standing(osmAlone);
  expect(await removeMesh(remover, place, all)).toBe(false);
  expect(changed).toEqual([]);
  expect(warned.join()).toContain("mesh [osm] stands in namespace [osm-system]");
});

test("a release may go where another mesh shares its namespace, and no more", async () => {
  const { remover, changed, warned } = standing({ ...osmAlone, releases: [...osmAlone.releases, release("blue", "osm-system")] });
  expect(await removeMesh(remover, { mesh: "blue", namespace: "osm-system" }, all)).toBe(true);
  expect(changed).toEqual(["helm uninstall blue osm-system"]);
  expect(warned.join()).toContain("so its Secrets and the namespace stay");
});

test("alone, a mesh goes whole, but for a root of another that was kept", async () => {
  const { remover, changed } = standing(osmAlone);
  expect(await removeMesh(remover, { mesh: "osm", namespace: "osm-system" }, all)).toBe(true);
  expect(changed).toEqual(expect.arrayContaining(["helm uninstall osm osm-system", `DELETE /api/v1/namespaces/osm-system/secrets/${root}`, "DELETE /api/v1/namespaces/osm-system"]));
  const kept = standing({ meshes: [], releases: [release("blue", "osm-system")], secrets: [rootOf("osm", "osm-system")] });
  await removeMesh(kept.remover, { mesh: "blue", namespace: "osm-system" }, { ...all, namespace: false });
  expect(kept.changed).not.toContain(`DELETE /api/v1/namespaces/osm-system/secrets/${root}`);
});

test("a name that nothing has is an error that lists the meshes; forced, it is said and nothing is touched", async () => {
  const { remover, warned } = standing(osmAlone);
  await expect(placesFor(remover, { ...naming, mesh: "bleu", force: false })).rejects.toThrow("there is no mesh bleu in the cluster, and nothing is left of one in namespace osm-system: name one of osm (in osm-system) with --mesh-name");
  expect(await placesFor(remover, { ...naming, mesh: "bleu" })).toEqual([]);
  expect(warned.join()).toContain("note: there is no mesh bleu");
});

test("an installation that never came about is found by its release", async () => {
  const { remover } = standing({ ...osmAlone, releases: [release("blue", "stuck")] });
  expect(await placesFor(remover, { ...naming, namespace: "stuck", isUsualNamespace: false })).toEqual([{ mesh: "blue", namespace: "stuck" }]);
});

test.each([
  ["without a name", { ...naming, mesh: "" }],
  ["by its name", { ...naming, mesh: "osm" }],
  ["by its namespace", { ...naming, mesh: "blue" }],
])("an older mesh is not uninstalled %s", async (_, asked) => {
  const { remover } = standing({ meshes: [{ ...osm, make: "older" }], releases: [{ ...osm, status: "deployed", chart: "osm-1.2.4", app_version: "v1.2.4" }], secrets: [] });
  await expect(placesFor(remover, asked)).rejects.toThrow("mesh osm in namespace osm-system is an Open Service Mesh v1.2.4: uninstall it with the osm of that release");
});

test("a release of another chart is not uninstalled, though its controller is not there", async () => {
  const { remover, changed } = standing({ meshes: [], releases: [{ ...osm, status: "deployed", chart: "osm-1.2.4", app_version: "v1.2.4" }], secrets: [] });
  await expect(removeMesh(remover, { mesh: "osm", namespace: "osm-system" }, all)).rejects.toThrow("release osm in namespace osm-system is of chart osm-1.2.4 (v1.2.4), not of this mesh");
  expect(changed).toEqual([]);
});

test.each([
  ["osm-2.0.0-alpha.1", "2.0.0-alpha.1", true],
  ["osm-10.1.0", "v10.1.0", true],
  ["osm-1.2.4", "v1.2.4", false],
  ["osm-0.11.1", "v0.11.1", false],
  ["osm-edge-2.0.0", "2.0.0", false],
  ["nginx-2.0.0", "2.0.0", false],
  ["osm-2.0.0", "", false],
])("a release of chart %s of version '%s' is ours: %s", (chart, appVersion, is) => {
  expect(isOurs({ chart, app_version: appVersion })).toBe(is);
});

test("an installation raises the definitions that are there, and leaves the others to Helm", async () => {
  const { remover: { cluster }, changed } = standing({ meshes: [], releases: [], secrets: [], definitions: ["bs.a"] });
  const definitions = ["bs.a", "cs.a"].map((name) => ({ metadata: { name }, spec: { group: "a", names: { plural: "b", kind: "B" }, versions: [{ name: "v1", served: true, storage: true }] } }));
  expect(await raiseDefinitions(cluster, await definitionsThere(cluster, definitions))).toEqual([]);
  expect(changed).toEqual(["PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/bs.a"]);
});
