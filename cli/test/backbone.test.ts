import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { meshName } from "@osm/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareBackbone } from "../src/dev/distributed/backbone.ts";
import { writeCredentials } from "../src/dev/distributed/credentials.ts";

const [own, other] = [meshName("osm"), meshName("other")];
let dir = "";
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), "osm-backbone-"))));
afterAll(() => rm(dir, { recursive: true }));

test("meshes on the same servers have accounts, users and passwords of their own, and nobody else has any", async () => {
  const tenants = new Map([[own, await writeCredentials(join(dir, "own"), own, "root")], [other, await writeCredentials(join(dir, "other"), other, "root")]]);
  const backbone = await prepareBackbone({ mesh: own, dir: join(dir, "backbone"), logs: dir, listen: "127.0.0.1", tls: { certificate: "", key: "" }, tenants });
  const beside = backbone.beside(other);
  expect(beside.nats).toBe(backbone.nats);
  expect(beside.ports).toEqual(backbone.ports);
  expect(backbone.busUrl("xds", "127.0.0.1")).toContain(encodeURIComponent(join(dir, "own/xds")));
  expect(beside.busUrl("xds", "127.0.0.1")).toContain(encodeURIComponent(join(dir, "other/xds")));
  expect(beside.storeUrl("xds", "127.0.0.1")).not.toBe(backbone.storeUrl("xds", "127.0.0.1"));
  const conf = await readFile(join(dir, "backbone/nats.conf"), "utf8");
  for (const [mesh, { passwords }] of tenants) for (const [service, password] of Object.entries(passwords)) expect(conf).toContain(`user: "${mesh}-${service}", password: "${password}"`);
  expect(() => backbone.beside(meshName("third"))).toThrow("NATS and Redis have no users for the mesh third");
});
