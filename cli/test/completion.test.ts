import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askOsm } from "./ask-osm.ts";

const offered = async (...words: readonly string[]) => (await askOsm(["__complete", ...words])).said.split("\n");

test.each([
  [["na"], ["namespace"]],
  [["namespace", ""], ["add", "ignore", "list", "remove"]],
  [["ns", "l"], ["list"]],
  [["mesh", ""], ["list", "upgrade"]],
  [["completion", "b"], ["bash"]],
  [["namespace", "list", "-o", "j"], ["json"]],
  [["--context", "there", "policy", ""], ["check-conflicts", "check-pods"]],
] as const)("after %j are offered %j", async (words, offers) => {
  expect((await offered(...words)).filter((word) => word !== "help")).toEqual(offers);
});

test("options are offered with those of every command", async () => {
  expect(await offered("namespace", "add", "--m")).toEqual(["--mesh-name"]);
  expect(await offered("namespace", "add", "--")).toContain("--kubeconfig");
});

test("what was called otherwise in older releases is not offered", async () => {
  expect(await offered("")).not.toContain("trafficpolicy");
  expect(await offered("install", "--deploy-")).toEqual([""]);
});

test("bash completes by the script", async () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-completion-"));
  writeFileSync(join(dir, "osm"), `#!/bin/sh\nexec "${process.execPath}" "${import.meta.dirname}/../src/main.ts" "$@"\n`);
  chmodSync(join(dir, "osm"), 0o755);
  const script = `${(await askOsm(["completion", "bash"])).said}\nCOMP_WORDS=(osm namespace ""); COMP_CWORD=2; _osm_offers; echo "\${COMPREPLY[@]}"`;
  expect(execFileSync("bash", ["-c", script], { env: { ...process.env, PATH: `${dir}:${process.env["PATH"] ?? ""}` }, encoding: "utf8" }).trim().split(" ").filter((word) => word !== "help")).toEqual(["add", "ignore", "list", "remove"]);
  rmSync(dir, { recursive: true });
});

test.each([["zsh", "compdef _osm_offers osm"], ["fish", "complete -c osm"], ["powershell", "Register-ArgumentCompleter -Native -CommandName osm"]] as const)("%s has a script", async (shell, words) => {
  expect((await askOsm(["completion", shell])).said).toContain(words);
});
