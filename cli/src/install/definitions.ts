import { parse } from "yaml";
import { z } from "zod";
import { findObject, listIfServed, removeObject } from "../cluster/objects.ts";
import type { OpenedCluster } from "../cluster/open-cluster.ts";
import type { Helm } from "./helm.ts";

const schema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ group: z.string(), names: z.looseObject({ plural: z.string(), kind: z.string() }), versions: z.array(z.looseObject({ name: z.string(), served: z.boolean(), storage: z.boolean().default(false) })) }),
});

/** A CustomResourceDefinition of the chart. */
export type Definition = z.output<typeof schema>;

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

export async function definitionsOf(helm: Helm, chart: string): Promise<readonly Definition[]> {
  const written = await helm.run(["show", "crds", chart]);
  // Helm prints the files one after the other, with or without a line between.
  return written.split(/^(?:---.*\n)?(?=apiVersion:)/m).filter((text) => text.includes("apiVersion:")).map((text) => schema.parse(parse(text.replaceAll(/^---.*$/gm, ""))));
}

/**
 * Brings the definitions of the cluster up to the chart's, which Helm never does. One that serves a version that the chart does
 * not know is a newer mesh's and stays. @returns the names of those that stayed
 */
export async function raiseDefinitions(cluster: OpenedCluster, definitions: readonly Definition[]): Promise<readonly string[]> {
  const newer: string[] = [];
  for (const definition of definitions) {
    const { name } = definition.metadata;
    const found = await findObject(cluster, `${definitionsPath}/${name}`);
    const known = new Set(definition.spec.versions.map((version) => version.name));
    const isNewer = found !== undefined && schema.parse(found).spec.versions.some((version) => version.served && !known.has(version.name));
    if (isNewer) newer.push(name);
    else await applyDefinition(cluster, definition);
  }
  return newer;
}

/** For the user, of definitions that stayed. */
export function newerNote(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`note: left as they are, for they serve versions that this program does not know: ${names.join(", ")}`];
}

/** Those that the cluster has already, of whatever version. */
export async function definitionsThere(cluster: OpenedCluster, definitions: readonly Definition[]): Promise<readonly Definition[]> {
  const there = await Promise.all(definitions.map((each) => isThere(cluster, each)));
  return definitions.filter((_, at) => there[at]);
}

async function applyDefinition({ api, signal }: OpenedCluster, definition: Definition): Promise<void> {
  const path = `${definitionsPath}/${definition.metadata.name}?fieldManager=osm-cli&force=true`;
  await api.json({ method: "PATCH", path, body: definition, contentType: "application/apply-patch+yaml", signal });
}

/** How many objects would go with the definitions. */
export async function objectsOfDefinitions(cluster: OpenedCluster, definitions: readonly Definition[]): Promise<number> {
  const counts = await Promise.all(definitions.map(async ({ spec: { group, names, versions } }) => {
    const version = versions.find((each) => each.storage)?.name ?? versions[0]?.name ?? "";
    return (await listIfServed(cluster, `/apis/${group}/${version}/${names.plural}`)).length;
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}

export async function removeDefinition(cluster: OpenedCluster, { metadata: { name } }: Definition): Promise<boolean> {
  return await removeObject(cluster, `${definitionsPath}/${name}`);
}

export async function isThere(cluster: OpenedCluster, { metadata: { name } }: Definition): Promise<boolean> {
  return (await findObject(cluster, `${definitionsPath}/${name}`)) !== undefined;
}
