import { execFile } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clusterNeeds, startTestCluster, type TestCluster } from "../../libs/test-cluster/src/index.ts";
import { needs, programPath } from "../../libs/testkit/src/index.ts";
import { buildProgram, platform } from "../cli-package/build-program.ts";
import { sourceOf } from "../cli-package/source.ts";
import { top, version } from "../images/places.ts";

interface Ended {
  readonly code: number;
  readonly said: string;
  readonly warned: string;
}

needs(...clusterNeeds, "helm")("osm as one file, where neither Node nor Helm is", () => {
  let dir = "";
  let cluster: TestCluster;
  /** Nothing of our environment but what is given. */
  const run = async (words: string, env: Readonly<Record<string, string>> = {}) => await new Promise<Ended>((resolve) => {
    execFile(join(dir, "moved", "osm"), words.split(" "), { env: { ...env }, cwd: "/" }, (error, said, warned) => resolve({ code: error === null ? 0 : Number(error.code), said, warned }));
  });
  const alone = async (words: string) => await run(words, { KUBECONFIG: cluster.kubeconfig, OSM_CACHE: join(dir, "cache"), NODE_OPTIONS: "--no-such-option" });

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "osm-alone-"));
    cluster = await startTestCluster();
    const { archive } = await buildProgram({ helm: programPath("helm"), into: join(dir, "built") });
    await new Promise<void>((resolve, reject) => execFile("tar", ["-xzf", archive, "-C", dir], (error) => (error === null ? resolve() : reject(error))));
    await new Promise<void>((resolve, reject) => execFile("mv", [join(dir, platform), join(dir, "moved")], (error) => (error === null ? resolve() : reject(error))));
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  test("is released under the version and the platform, with its checksum", () => {
    expect(readdirSync(join(dir, "built")).toSorted()).toEqual([platform, `osm-${version}-${platform}.tar.gz`, `osm-${version}-${platform}.tar.gz.sha256`]);
    expect(readFileSync(join(dir, "built", `osm-${version}-${platform}.tar.gz.sha256`), "utf8")).toMatch(/^[0-9a-f]{64} {2}osm-/);
  });

  test("tells its version, and what it was built from, with an environment of nothing at all", async () => {
    const source = await sourceOf(top);
    expect(await run("version --client-only")).toEqual({ code: 0, said: `CLI Version: ${version}${source ? ` (commit ${source.commit}, of ${source.date})` : ""}\n`, warned: "" });
    expect(JSON.parse((await run("version --client-only -o json")).said)).toEqual({ cli: version, ...source, meshes: [] });
    expect((await run("version --version-only")).said).toBe(`${version}\n`);
    expect((await run("version")).warned).toContain("the meshes of the cluster are not shown: no cluster");
  });

  test("asks the cluster", async () => {
    expect(await alone("namespace list")).toMatchObject({ code: 0, said: "No namespace is in any mesh: osm namespace add NAMESPACE adds one\n" });
    expect(await alone("mesh list")).toMatchObject({ code: 0, said: "No osm mesh control planes found: osm install makes one\n" });
    expect(await alone("policy check-pods a/b c/d")).toMatchObject({ code: 1, warned: "osm: there is no mesh osm in the cluster: install one with osm install\n" });
  });

  test.each([
    ["instal", "Did you mean install?"],
    ["install --timeout soon", "It is to be a duration"],
    ["install --enable-egres", "Did you mean --enable-egress?"],
    ["install --set osm.meshName=x", "are said with --mesh-name and --osm-namespace"],
    ["install --osm-chart-path /dev/null/nowhere", "there is no chart at /dev/null/nowhere: correct --osm-chart-path"],
    ["namespace add", "missing required argument 'namespace'"],
    ["dev -f .", "in a checkout of the source"],
    ["version --kubeconfig", "argument missing"],
  ])("osm %s says what is wrong", async (words, said) => {
    const ended = await alone(words);
    expect(ended.code).toBeGreaterThan(0);
    expect(ended.warned).toContain(said);
  });

  test("brings its Helm and its chart, and takes neither from elsewhere once they were tampered with", async () => {
    // Nothing runs here: Helm has made its hook, and nobody ends it.
    const begun = await alone("install --timeout 2s");
    expect(begun).toMatchObject({ code: 1, warned: expect.stringContaining("osm uninstall mesh --mesh-name osm --osm-namespace osm-system -f takes it back") });
    const [folder = ""] = readdirSync(join(dir, "cache")).filter((name) => name.startsWith("helm-"));
    const helm = join(dir, "cache", folder, "helm");
    const whole = readFileSync(helm).length;
    appendFileSync(helm, "\n");
    expect(await alone("uninstall mesh -f -a --delete-namespace")).toMatchObject({ code: 0 });
    expect(readFileSync(helm).length).toBe(whole);
    chmodSync(join(dir, "cache"), 0o777);
    expect(await alone("install")).toMatchObject({ code: 2, warned: expect.stringContaining("others may write to") });
  });
});
