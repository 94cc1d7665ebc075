import { createHash } from "node:crypto";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { at, listAt } from "../rendered-chart.ts";

/** What comes and goes, or is written, by itself. */
const unsettled = /^(events|leases|componentstatuses|endpoints|pods\.metrics)/;

/** Every object of a mesh: in its namespaces, of the whole cluster by its name, and the definitions; each with the digest of what stands in it. */
export async function objectsOfMesh(cluster: RealCluster, { mesh, namespaces }: { readonly mesh: string; readonly namespaces: readonly string[] }): Promise<readonly string[]> {
  const named = async (namespaced: boolean) => (await cluster.kubectl("api-resources", "--verbs=list", `--namespaced=${namespaced}`, "-o", "name")).trim().split("\n").filter((kind) => !unsettled.test(kind)).join();
  const inside = await named(true);
  const asked = [
    ...namespaces.map((name) => ["-n", name, "get", inside]),
    ["get", await named(false), "-l", `app.kubernetes.io/instance=${mesh}`],
    ["get", "customresourcedefinitions"],
    ["get", "namespaces", ...namespaces],
  ];
  const found = await Promise.all(asked.map(async (args) => listAt(JSON.parse((await cluster.kubectl(...args, "--ignore-not-found", "-o", "json")) || "{}"), "items")));
  return found.flat().map(lineOf).toSorted();
}

/** Its version and its state are the cluster's to change. */
function lineOf(object: unknown): string {
  const { status: _, metadata, ...content } = Object(object);
  const { managedFields: _fields, resourceVersion: _version, ...head } = Object(metadata);
  const digest = createHash("sha256").update(JSON.stringify([content, head])).digest("hex").slice(0, 16);
  return `${String(at(object, "kind"))} ${String(head.namespace ?? "")}/${String(head.name)} ${digest}`;
}
