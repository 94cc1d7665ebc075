import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askOsm } from "./ask-osm.ts";

const nowhere = ["--kubeconfig", "/dev/null/nowhere"];

test.each([
  [[], 2, "Usage: osm"],
  [["dve"], 2, "Did you mean dev?"],
  [["dev"], 2, "required option '-f, --file <path>'"],
  [["dev", "-f", ".", "--call", "nonsense"], 2, "osm: not a call: nonsense. A call is FROM METHOD URL"],
  [["dev", "-f", ".", "--run", "shop/web"], 2, "is not IMAGE=COMMAND"],
  [["dev", "-f", ".", "--timeout", "soon"], 2, "--timeout"],
  [["dev", "-f", ".", "--mesh", "No Name"], 2, "--mesh"],
  [["dev", "-f", ".", "--namespace", "../x"], 2, "--namespace"],
  [["dev", "-f", ".", "--fail-on", "note"], 2, "Allowed choices are error, warning"],
  [["namespace", "list", ...nowhere], 2, "osm: there is no kubeconfig /dev/null/nowhere: correct --kubeconfig"],
  [["--osm-namespace", "Not A Name", "env"], 2, "--osm-namespace"],
  [["version", "-o", "xml"], 2, "Allowed choices are table, json, yaml"],
] as const)("osm %j ends with %i and says what to do", async (argv, code, words) => {
  const ended = await askOsm(argv);
  expect(`${ended.warned}\n${ended.said}`).toContain(words);
  expect(ended.code).toBe(code);
});

test.each([
  [["--help"], "try manifests on this machine"],
  [["--version"], "2."],
  [["version", "--client-only"], "CLI Version: 2."],
  [["version", "--version-only"], "2."],
  [["env", "--osm-namespace", "mine", "--context", "there"], "namespace: mine"],
  [["--context", "there", "env"], "context: there"],
  [["help", "namespace"], "ignore"],
] as const)("osm %j is answered", async (argv, words) => {
  const ended = await askOsm(argv);
  expect(ended).toMatchObject({ code: 0, warned: "" });
  expect(ended.said).toContain(words);
});

test("without a cluster the version is still told, and why it is all", async () => {
  expect(await askOsm(["version", ...nowhere])).toMatchObject({ code: 0, said: expect.stringMatching(/^CLI Version: 2\S+$/), warned: "note: the meshes of the cluster are not shown: there is no kubeconfig /dev/null/nowhere: correct --kubeconfig" });
});

test("a kubeconfig that names a file which is not there is told with that file", async () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-kubeconfig-"));
  const file = join(dir, "config");
  const user = { "client-certificate": "/dev/null/nowhere.crt", "client-key": "/dev/null/nowhere.key" };
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "Config", "current-context": "a", clusters: [{ name: "a", cluster: { server: "https://127.0.0.1:1" } }], users: [{ name: "a", user }], contexts: [{ name: "a", context: { cluster: "a", user: "a" } }] }));
  expect(await askOsm(["namespace", "list", "--kubeconfig", file])).toMatchObject({ code: 1, warned: expect.stringContaining("the kubeconfig names /dev/null/nowhere.crt, which cannot be read") });
  rmSync(dir, { recursive: true });
});

test("settings come from the command line, else the environment, else the file", async () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-settings-"));
  const file = join(dir, "config.yaml");
  writeFileSync(file, "install: {kind: self-hosted, namespace: of-file}\n");
  const namespace = async (env: Record<string, string>, ...argv: readonly string[]) => /namespace: (\S+)/.exec((await askOsm(["env", ...argv], { env })).said)?.[1];
  expect(await namespace({})).toBe("osm-system");
  expect(await namespace({ OSM_CONFIG: file })).toBe("of-file");
  expect(await namespace({ OSM_CONFIG: file, OSM_NAMESPACE: "of-env" })).toBe("of-env");
  expect(await namespace({ OSM_CONFIG: file, OSM_NAMESPACE: "of-env" }, "--osm-namespace", "of-line")).toBe("of-line");
  writeFileSync(file, "install: {kind: rented}\n");
  expect(await askOsm(["env"], { env: { OSM_CONFIG: file } })).toMatchObject({ code: 2, warned: expect.stringContaining(`${file}: install.kind`) });
  writeFileSync(file, "install: {kind: managed}\n");
  for (const command of [["install"], ["mesh", "upgrade"], ["uninstall", "mesh"]]) {
    expect(await askOsm([...command, ...nowhere], { env: { OSM_CONFIG: file } })).toMatchObject({ code: 2, warned: expect.stringContaining("is not for a managed mesh") });
  }
  rmSync(dir, { recursive: true });
});

test("a folder that is not there is not made", async () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-usage-"));
  const { code, warned } = await askOsm(["dev", "-f", join(dir, "typo")]);
  expect(warned).toContain(`there is no file or folder ${join(dir, "typo")}`);
  expect({ code, isThere: existsSync(join(dir, "typo")) }).toEqual({ code: 2, isThere: false });
  rmSync(dir, { recursive: true });
});
