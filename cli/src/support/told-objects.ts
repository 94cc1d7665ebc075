import { stringify } from "yaml";

type Value = Readonly<Record<string, unknown>>;

/**
 * Objects as they may be shown to others: without what the server notes of who wrote what, without the copy that kubectl keeps,
 * and with the values of environment variables, of headers of probes and of all data left out, since secrets stand in them.
 */
export function toldObjects(objects: readonly unknown[]): string {
  return objects.map((object) => stringify(told(object, ""))).join("---\n");
}

const sealed = "[sealed]";
const noted: ReadonlySet<string> = new Set(["managedFields", "kubectl.kubernetes.io/last-applied-configuration"]);
/** Values below these are nobody's business. */
const secretFields: ReadonlySet<string> = new Set(["data", "stringData", "binaryData", "token", "caBundle", "openservicemesh.io/original-probes"]);
/** Lists of names with values. */
const pairLists: ReadonlySet<string> = new Set(["env", "httpHeaders"]);

function told(value: unknown, under: string): unknown {
  if (Array.isArray(value)) return value.map((item) => told(item, under));
  if (!isValue(value)) return value;
  const entries = Object.entries(value).filter(([key]) => !noted.has(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, isSecret(key, under) ? hidden(inner) : told(inner, key)]));
}

function isSecret(key: string, under: string): boolean {
  return secretFields.has(key) || (pairLists.has(under) && key === "value");
}

function hidden(value: unknown): unknown {
  return isValue(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, sealed])) : sealed;
}

function isValue(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
