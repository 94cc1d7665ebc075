import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMeshFile } from "@osm/injector";
import { afterAll, expect, test } from "vitest";
import { recordedLog } from "./recorded-log.ts";

const dir = mkdtempSync(join(tmpdir(), "osm-mesh-file-"));
afterAll(() => rmSync(dir, { recursive: true }));

const settings = {
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds.osm-system.svc", port: 15128, serverName: "osm-xds.osm-system.svc" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
};
const textOf = (...names: string[]): string => JSON.stringify({ settings, namespaces: names.map((name) => ({ name, labels: { "openservicemesh.io/monitored-by": "osm" } })) });
const path = join(dir, "mesh.json");
function put(text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

test("a mesh file is followed, and a bad change keeps the last good one", async () => {
  put(textOf("shop"));
  const log = recordedLog();
  await using mesh = await openMeshFile(path, { signal: new AbortController().signal, log });
  expect(mesh.lookup("shop")?.namespace).toEqual({ name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: {} });
  expect(mesh.lookup("shop")?.settings.logLevel).toBe("error");
  expect(mesh.lookup("bank")).toBeUndefined();

  put(`{"settings": {}}`);
  await log.said("mesh file unreadable");
  expect(mesh.lookup("shop")).toBeDefined();

  const before = log.lines.length;
  put(textOf("shop", "bank"));
  await log.said("mesh file read", before);
  expect(mesh.lookup("bank")).toBeDefined();
});

test("a mesh file that cannot be read at first is an error", async () => {
  put("[]");
  await expect(openMeshFile(path, { signal: new AbortController().signal, log: recordedLog() })).rejects.toThrow();
});
