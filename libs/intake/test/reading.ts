import { meshName, type Fact } from "@osm/model";
import { parseObject, splitDocuments, type MeshContext } from "../src/index.ts";

export const mesh: MeshContext = { mesh: meshName("osm"), osmNamespace: "osm-system" };

/** The one object of a YAML text. */
export function objectOf(yaml: string): unknown {
  const documents = splitDocuments(yaml);
  if (documents.kind === "broken" || documents.objects.length !== 1) throw new Error("the test's object is not one object");
  return documents.objects[0];
}

export function factOf(yaml: string, context: MeshContext = mesh): Fact | undefined {
  return parseObject(objectOf(yaml), context).value;
}

/** What is found, short: `CODE at field (detail)`. */
export function foundIn(yaml: string, context: MeshContext = mesh): readonly string[] {
  return foundOn(objectOf(yaml), context);
}

export function foundOn(object: unknown, context: MeshContext = mesh): readonly string[] {
  return parseObject(object, context).findings.map(({ code, field, detail }) => `${code} at ${field}${detail === "" ? "" : ` (${detail})`}`);
}

/** An object of that kind in namespace `shop`, with a spec in YAML's flow form. */
export function smi(head: string, spec: string): string {
  const [apiVersion = "", kind = ""] = head.split(" ");
  return `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: it, namespace: shop}, spec: ${spec}}`;
}
