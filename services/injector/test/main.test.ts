import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { issueServing, mountSecret } from "./serving-secret.ts";

const home = mkdtempSync(join(tmpdir(), "osm-injector-main-"));
afterAll(() => rmSync(home, { recursive: true }));
const line = z.object({ message: z.string() });

test("the process starts from its files, says that it is ready, and ends well when told", async () => {
  const meshFile = join(home, "mesh.json");
  const xds = { host: "osm-xds", port: 15128, serverName: "osm-xds" };
  writeFileSync(meshFile, JSON.stringify({ settings: { mesh: "osm", meshNamespace: "osm-system", xds, envoyImage: "envoy", initImage: "init" }, namespaces: [] }));
  const { files } = await issueServing();
  mountSecret(home, files);

  const env = { OSM_INJECTOR_TLS_DIR: home, OSM_INJECTOR_MESH_FILE: meshFile, OSM_INJECTOR_PORT: "0", OSM_HEALTH_PORT: "0" };
  const service = spawn(process.execPath, [join(import.meta.dirname, "../src/main.ts")], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(service, "exit");
  const said: string[] = [];
  for await (const text of createInterface(service.stdout)) {
    const { message } = line.parse(JSON.parse(text));
    said.push(message);
    if (message === "ready") service.kill("SIGTERM");
  }
  expect(said).toEqual(["mesh file read", "ready", "stopping", "stopped"]);
  expect(await exited).toEqual([0, null]);
});
