import { sentenceOf } from "@osm/compile";
import { resourceYaml } from "@osm/envoy-api";
import { identityName, inOrder, typeUrls, wholeLists, xdsTypes, type Offering, type Resource, type XdsType } from "@osm/model";
import { stringify } from "yaml";
import type { Compiled } from "./mesh-of.ts";

const fileOf: Readonly<Record<XdsType, string>> = { CDS: "clusters", EDS: "endpoints", LDS: "listeners", RDS: "routes", ECDS: "filters", SDS: "secrets" };

/**
 * What a mesh compiled to, as files that a person and an Envoy can read: one for each type, every resource once, with who
 * gets it above; and what the user was told.
 */
export function goldenFiles(mesh: Compiled): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const type of xdsTypes) {
    const file = fileOf[type];
    const resources = [...mesh.resources.values(), ...mesh.assignments].filter((each) => each.type === type);
    if (resources.length > 0) files.set(`out/${file}.yaml`, `resources:\n${inOrder(resources, ({ name, digest }) => `${name} ${digest}`).map((each) => item(mesh, each)).join("")}`);
  }
  files.set("findings.yaml", mesh.remarks.length === 0 ? "[]\n" : stringify(mesh.remarks.map((finding) => ({ ...finding, means: sentenceOf(finding) })), { lineWidth: 0 }));
  return files;
}

function item(mesh: Compiled, resource: Resource): string {
  const whole = wholeLists(mesh.offerings);
  const holders = mesh.views.filter((view) => lists(whole(view), resource)).map(({ identity }) => identityName(identity));
  const [first = "", ...rest] = resourceYaml(typeUrls[resource.type], resource.bytes).trimEnd().split("\n");
  return [`# for ${[...new Set(holders)].sort().join(", ") || "nobody"}`, `- ${first}`, ...rest.map((line) => `  ${line}`), ""].join("\n");
}

function lists({ resources, endpoints }: Pick<Offering, "resources" | "endpoints">, { type, name, digest }: Resource): boolean {
  if (type === "EDS") return endpoints.includes(name);
  return resources[type].some((each) => each.digest === digest && each.name === name);
}
