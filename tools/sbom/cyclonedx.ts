import { createHash } from "node:crypto";
import type { LockedPackage } from "./lockfile.ts";

export interface Described {
  readonly name: string;
  readonly version: string;
  /** What it runs on. */
  readonly node: string;
  readonly packages: readonly LockedPackage[];
}

/** A bill of materials in CycloneDX 1.6. The same packages give the same bytes: no time, no chance. */
export function billOfMaterials({ name, version, node, packages }: Described): object {
  const root = `pkg:generic/openservicemesh/${name}@${version}`;
  const runtime = { type: "platform", "bom-ref": `pkg:generic/node@${node}`, name: "node", version: node, purl: `pkg:generic/node@${node}` };
  const components = [runtime, ...packages.map(componentOf)];
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "container", "bom-ref": root, name, version, purl: root, licenses: [{ license: { id: "Apache-2.0" } }] } },
    components,
    dependencies: [{ ref: root, dependsOn: components.map((each) => each["bom-ref"]) }],
  };
  return { ...bill, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(bill))}` };
}

function componentOf({ name, version, integrity, patch }: LockedPackage) {
  const purl = `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
  return {
    type: "library", "bom-ref": purl, name, version, purl, hashes: [hashOf(integrity)],
    ...(patch === undefined ? {} : { pedigree: { notes: `patched by this project, patch ${patch}` } }),
  };
}

function hashOf(integrity: string): object {
  const [algorithm = "", base64 = ""] = integrity.split("-", 2);
  if (algorithm !== "sha512") throw new Error(`a digest by ${algorithm} is not taken for one`);
  return { alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") };
}

/** In the form of a version 8: bits of a digest. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
