import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { readCredentials, takesPodAccount } from "../src/kubernetes/credentials.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const unsaid = { kubeconfig: "", context: "" };
const inPod = { isPod: true, hasKubeconfig: false };

test.each([
  ["a service in a pod takes the pod's", unsaid, inPod, true],
  ["also where a kubeconfig is there", unsaid, { ...inPod, hasKubeconfig: true }, true],
  ["a command in a pod takes it", { ...unsaid, podAccount: "last" }, inPod, true],
  ["but not before a kubeconfig, which Helm would take", { ...unsaid, podAccount: "last" }, { ...inPod, hasKubeconfig: true }, false],
  ["a kubeconfig that is named goes before it", { kubeconfig: "a", context: "" }, inPod, false],
  ["and so does a context", { kubeconfig: "", context: "a" }, inPod, false],
  ["outside of pods there is none", unsaid, { isPod: false, hasKubeconfig: false }, false],
] as const)("of accounts, %s", (...[, place, around, takes]) => {
  expect(takesPodAccount(place, around)).toBe(takes);
});

test("KUBECONFIG is read where no pod is around", () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-credentials-"));
  const file = join(dir, "config");
  writeFileSync(file, JSON.stringify({ "current-context": "c", clusters: [{ name: "k", cluster: { server: "https://there:6443" } }], contexts: [{ name: "c", context: { cluster: "k", user: "u" } }], users: [{ name: "u", user: {} }] }));
  vi.stubEnv("KUBECONFIG", file);
  expect(readCredentials({ ...unsaid, podAccount: "last" }).getCurrentCluster()?.server).toBe("https://there:6443");
  rmSync(dir, { recursive: true });
});
