import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { settingsFile } from "../src/frame/saved-settings.ts";
import { helmEnv } from "../src/install/helm.ts";
import { ownFolder } from "../src/install/own-folder.ts";

// As Node answers for a user id that has no entry: it throws.
vi.mock("node:os", async (original) => {
  const noEntry = () => {
    throw new Error("A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)");
  };
  return { ...(await original<typeof import("node:os")>()), homedir: noEntry, userInfo: noEntry };
});

test("a user whom the machine has no entry for has settings, a folder of its own, and a Helm", async () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-homeless-"));
  expect(settingsFile({})).toBe("/.osm/config.yaml");
  expect(await ownFolder({ OSM_CACHE: join(dir, "cache") })).toBe(join(dir, "cache"));
  expect(await ownFolder({ HOME: dir })).toBe(join(dir, ".cache/osm"));
  expect(helmEnv({}, dir)).toMatchObject({ HOME: "/" });
  rmSync(dir, { recursive: true });
});

test("Helm inherits nothing that names another cluster, account or namespace", () => {
  const inherited = Object.fromEntries(["CONTEXT", "TOKEN", "APISERVER", "ASUSER", "ASGROUPS", "CAFILE", "INSECURE_SKIP_TLS_VERIFY", "TLS_SERVER_NAME"].map((name) => [`HELM_KUBE${name}`, "other"]));
  const given = helmEnv({ ...inherited, HELM_NAMESPACE: "other", KUBECONFIG: "kept", HOME: "/home/me" }, "/tmp/of-helm");
  expect(Object.values(given)).not.toContain("other");
  expect(given).toMatchObject({ KUBECONFIG: "kept", HOME: "/home/me", HELM_CONFIG_HOME: "/tmp/of-helm" });
});
