import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "../src/main.ts");

test("the process makes its root, gets ready, and ends on SIGTERM without a word of its key", async () => {
  const home = await mkdtemp(join(tmpdir(), "osm-ca-"));
  const rootFolder = join(home, "root");
  const env = { OSM_MESH_NAME: "osm", OSM_BUS_URL: "memory:", OSM_HEALTH_PORT: "0", OSM_CA_ROOT_DIR: rootFolder, OSM_CA_CREATE_ROOT: "true", OSM_LOG_LEVEL: "debug" };
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const isReady = new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('"message":"ready"')) resolve();
    });
    child.on("exit", () => reject(new Error(`ended too early: ${said}`)));
  });
  await isReady;
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  const key = (await readFile(join(rootFolder, "ca.key"), "utf8")).split("\n")[1] ?? "";
  await rm(home, { recursive: true });

  expect(code).toBe(0);
  expect(said).toContain('"message":"trust bundle stands"');
  expect(key.length).toBeGreaterThan(60);
  expect(said).not.toContain(key);
  expect(said).not.toContain("PRIVATE KEY");
});
