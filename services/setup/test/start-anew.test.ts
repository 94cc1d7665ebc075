import { Sealed } from "@osm/model";
import { parseConfig, setUp, startOneAnew, type FoundWorkload } from "@osm/setup";
import { silentLog } from "@osm/runtime";
import { beforeEach, describe, expect, test } from "vitest";
import { secretsInMemory, type SecretsInMemory } from "./secrets-in-memory.ts";

const start = 1_800_000_000;
const day = 86_400;
const upgrade = parseConfig({ OSM_MESH_NAME: "osm", OSM_NAMESPACE: "osm-system" });
const config = parseConfig({ OSM_MESH_NAME: "osm", OSM_NAMESPACE: "osm-system", OSM_STARTS_ANEW: "statefulsets/osm-nats=osm-nats,deployments/osm-redis=osm-redis,deployments/osm-xds=osm-xds" });

describe("workloads that read their certificate when they start", () => {
  let secrets: SecretsInMemory;
  let found: Map<string, FoundWorkload>;

  /** @returns whom it started anew */
  async function run({ now }: { readonly now: number }): Promise<readonly string[]> {
    const started: string[] = [];
    const place = {
      find: async ({ name }: { readonly name: string }) => found.get(name),
      startAnew: async ({ name }: { readonly name: string }, startedFor: string) => {
        started.push(name);
        found.set(name, { createdAt: start, startedFor, isWhole: true });
      },
    };
    await startOneAnew({ workloads: config.startsAnew, secrets, place, log: silentLog });
    await setUp({ config, place: secrets, now, log: silentLog });
    return started;
  }

  beforeEach(async () => {
    secrets = secretsInMemory();
    await setUp({ config: upgrade, place: secrets, now: start, log: silentLog });
    found = new Map(["osm-nats", "osm-redis", "osm-xds"].map((name) => [name, { createdAt: start + 5, startedFor: "", isWhole: true }]));
  });

  test("are left alone while the one that they have read is in use", async () => {
    for (const now of [start + day, start + 2 * day]) expect(await run({ now })).toEqual([]);
  });

  test("are started anew for the next one, one each run, and each once", async () => {
    const after = start + 250 * day;
    const started: (readonly string[])[] = [];
    for (let turn = 0; turn < 6; turn += 1) started.push(await run({ now: after + turn * day }));
    expect(started).toEqual([[], ["osm-nats"], ["osm-redis"], ["osm-xds"], [], []]);
  });

  test("are found by a later run where an upgrade had made the certificate anew, or a run ended half-way", async () => {
    await setUp({ config: upgrade, place: secrets, now: start + 250 * day, log: silentLog });
    expect(await run({ now: start + 251 * day })).toEqual(["osm-nats"]);
  });

  test("wait while one of them still begins", async () => {
    await setUp({ config: upgrade, place: secrets, now: start + 250 * day, log: silentLog });
    expect(await run({ now: start + 251 * day })).toEqual(["osm-nats"]);
    found.set("osm-nats", { createdAt: start, startedFor: found.get("osm-nats")?.startedFor ?? "", isWhole: false });
    expect(await run({ now: start + 251 * day + 10 })).toEqual([]);
  });

  test("are not kept from their certificates by accounts that are not as the setup would write them, nor are those written", async () => {
    const written = { ...secrets.held("osm-watcher"), "ca.crt": "\n\na root in another order\n" };
    secrets.put("osm-watcher", Object.fromEntries(Object.entries(written).map(([key, text]) => [key, new Sealed(text)])));
    const [account, certificate] = [secrets.held("osm-watcher"), secrets.held("osm-xds")["tls.crt"]];
    await run({ now: start + 250 * day });
    expect(secrets.held("osm-watcher")).toEqual(account);
    expect(secrets.held("osm-xds")["tls.crt"]).not.toBe(certificate);
  });

  test("are told to nobody where an account has lost its password: its server would know one user less", async () => {
    secrets.put("osm-watcher", { "bus.user": new Sealed("osm-watcher") });
    const server = secrets.held("osm-nats");
    await expect(run({ now: start + 250 * day })).rejects.toThrow("the Secret osm-watcher has no bus.password: an upgrade of the release makes it anew");
    expect(secrets.held("osm-nats")).toEqual(server);
  });

  test("that were made after their certificate have read it", async () => {
    await setUp({ config: upgrade, place: secrets, now: start + 250 * day, log: silentLog });
    found = new Map([...found].map(([name, each]) => [name, { ...each, createdAt: start + 250 * day + 5 }]));
    expect(await run({ now: start + 251 * day })).toEqual([]);
  });

  test("and are not there, or have no certificate of ours, are passed over", async () => {
    await setUp({ config: upgrade, place: secrets, now: start + 250 * day, log: silentLog });
    found.delete("osm-nats");
    secrets.put("osm-redis", { note: new Sealed("mine") });
    expect(await run({ now: start + 251 * day })).toEqual(["osm-xds"]);
  });
});

test.each(["pods/osm-nats=osm-nats", "deployments/osm-redis", "deployments/../secrets=x"])("a workload that cannot be one is refused: %s", (text) => {
  expect(() => parseConfig({ OSM_MESH_NAME: "osm", OSM_NAMESPACE: "osm-system", OSM_STARTS_ANEW: text })).toThrow("OSM_STARTS_ANEW");
});
