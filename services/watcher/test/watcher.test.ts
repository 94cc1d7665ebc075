import { createMemoryBus, type MemoryBus } from "@osm/bus";
import { factKinds } from "@osm/model";
import { silentLog, type Log } from "@osm/runtime";
import { decodeJson, factPayload, findingsPayload, syncPayload } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { account, both, factsOn, gone, listed, namespace, objects, route, runningWatcher, standing, subjects } from "./bench.ts";

const shop = both(namespace("shop"), account("web"), route("[80]"));
const shopFacts = ["fact.Namespace.=.shop", "fact.ServiceAccount.shop.web", "fact.TCPRoute.shop.db"];
const barriers = factKinds.map((kind) => `sync.${kind}`);

const factsIn = (wrote: readonly string[]) => wrote.filter((each) => !each.startsWith("sync."));

async function findingsOn(bus: MemoryBus): Promise<readonly string[]> {
  const entries = await standing(bus, "finding");
  return [...entries].map(([subject, { bytes = new Uint8Array() }]) => {
    const { source, findings } = decodeJson(findingsPayload, bytes);
    return `${subject}: ${findings.map(({ code, field }) => `${code} at ${field}`).join()} in ${source}`;
  });
}

describe("the list", () => {
  test("is said as a whole: nothing before it is complete, then facts, then the barriers", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(both(route("[80]"), account("web"), namespace("shop"))));
    expect([watcher.wrote, watcher.isReady()]).toEqual([[], false]);
    await watcher.tell(listed);
    // What others refer to comes first, in whatever order it was seen.
    expect(watcher.wrote).toEqual([...shopFacts, ...barriers]);
    expect(watcher.isReady()).toBe(true);
  });
  test("is complete up to the newest of its facts, in this life of the stream", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(shop), listed);
    const incarnation = await watcher.bus.incarnation();
    const through = Math.max(...[...(await standing(watcher.bus, "fact")).values()].map(({ seq }) => seq));
    const said = [...(await standing(watcher.bus, "sync")).values()];
    expect(said).toHaveLength(factKinds.length);
    for (const { seq, bytes = new Uint8Array() } of said) {
      expect(decodeJson(syncPayload, bytes)).toEqual({ incarnation, through });
      expect(seq).toBeGreaterThan(through);
    }
  });
  test("of nothing is a list too", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(listed);
    expect(watcher.wrote).toEqual(barriers);
    expect(decodeJson(syncPayload, (await watcher.bus.last(subjects.sync("Pod")))?.bytes ?? new Uint8Array())).toMatchObject({ through: 0 });
  });
  test("of a later life says differences only", async () => {
    const bus = createMemoryBus();
    const first = runningWatcher({ bus });
    await first.tell(...objects(both(shop, account("old"))), listed);
    await first[Symbol.asyncDispose]();
    await using second = runningWatcher({ bus, now: () => 99 });
    await second.tell(...objects(both(namespace("shop"), account("web"), route("[81]"), account("new"))), listed);
    expect(second.wrote.toSorted()).toEqual(["-fact.ServiceAccount.shop.old", "fact.ServiceAccount.shop.new", "fact.TCPRoute.shop.db"]);
    expect(second.isReady()).toBe(true);
  });
  test("says nothing where all is as it was, however often", async () => {
    const bus = createMemoryBus();
    for (const wrote of [[...shopFacts, ...barriers], [], []]) {
      const watcher = runningWatcher({ bus });
      await watcher.tell(...objects(shop), listed);
      expect(watcher.wrote).toEqual(wrote);
      await watcher[Symbol.asyncDispose]();
    }
  });
  test("mends what somebody else left on the bus, readable or not", async () => {
    const bus = createMemoryBus();
    await bus.publish(subjects.fact("ServiceAccount", "shop", "web"), Buffer.from("no fact"));
    await bus.publish(subjects.fact("Pod", "shop", "ghost"), Buffer.from("{}"));
    await using watcher = runningWatcher({ bus });
    await watcher.tell(...objects(shop), listed);
    expect(await factsOn(bus)).toEqual(shopFacts);
  });
});

describe("a change", () => {
  test("is said once, with the time at which it was seen", async () => {
    let now = 1000;
    await using watcher = runningWatcher({ now: () => now });
    await watcher.tell(...objects(shop), listed);
    watcher.clear();
    now = 2000;
    await watcher.tell(...objects(both(route("[81]"), route("[81]"), account("web"))));
    expect(watcher.wrote).toEqual(["fact.TCPRoute.shop.db"]);
    const payload = decodeJson(factPayload, (await watcher.bus.last(subjects.fact("TCPRoute", "shop", "db")))?.bytes ?? new Uint8Array());
    expect(payload).toEqual({ observedAt: 2000, fact: { kind: "TCPRoute", namespace: "shop", name: "db", ports: [81] } });
  });
  test("that means the same is not said", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(both(namespace("shop"), route("[80, 81]"))), listed);
    watcher.clear();
    await watcher.tell(...objects(route("[81, 80, 80]")));
    expect(watcher.wrote).toEqual([]);
  });
  test("to nothing is a tombstone, and one only", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(shop), listed);
    watcher.clear();
    await watcher.tell(...gone(account("web")), ...gone(account("web")), ...gone(account("never")));
    expect(watcher.wrote).toEqual(["-fact.ServiceAccount.shop.web"]);
    expect(await watcher.bus.last(subjects.fact("ServiceAccount", "shop", "web"))).toMatchObject({ bytes: undefined });
  });
  test("of what no mesh reads is not said", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(listed);
    watcher.clear();
    await watcher.tell(...objects("{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}}"), { kind: "object", object: "junk", source: "" });
    expect(watcher.wrote).toEqual([]);
  });
  test("leaves all as it is when a manifest cannot be read, and is logged", async () => {
    const lines: unknown[] = [];
    const log: Log = { ...silentLog, warn: (fields) => void lines.push(fields) };
    await using watcher = runningWatcher({ log });
    await watcher.tell(...objects(shop), listed, { kind: "unreadable", source: "shop.yaml", line: 7, reason: "BAD_INDENT" });
    expect(await factsOn(watcher.bus)).toEqual(shopFacts);
    expect(lines).toEqual([{ source: "shop.yaml", line: 7, reason: "BAD_INDENT" }]);
  });
});

describe("a namespace", () => {
  test("that joins brings its objects, and takes them when it leaves", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(both(account("web"), route("[80]"), account("web", "den"), namespace("shop", "a: b"))), listed);
    expect(factsIn(watcher.wrote)).toEqual([]);
    await watcher.tell(...objects(namespace("shop")));
    expect(await factsOn(watcher.bus)).toEqual(shopFacts);
    await watcher.tell(...objects(namespace("shop", "openservicemesh.io/monitored-by: blue")));
    expect(await factsOn(watcher.bus)).toEqual([]);
    await watcher.tell(...objects(namespace("shop", "osm-injection: enabled")));
    expect(await factsOn(watcher.bus)).toEqual(shopFacts);
    await watcher.tell(...gone(namespace("shop")));
    expect(await factsOn(watcher.bus)).toEqual([]);
  });
  test("brings what changed while it was outside, as it is now", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(shop), listed, ...objects(namespace("shop", "a: b")), ...objects(both(route("[81]"), account("new"))), ...gone(account("web")));
    expect(await factsOn(watcher.bus)).toEqual([]);
    await watcher.tell(...objects(namespace("shop")));
    expect(await factsOn(watcher.bus)).toEqual(["fact.Namespace.=.shop", "fact.ServiceAccount.shop.new", "fact.TCPRoute.shop.db"]);
  });
  test("is not needed for the configuration of the mesh", async () => {
    const config = (where: string) => `{apiVersion: config.openservicemesh.io/v1alpha2, kind: MeshConfig, metadata: {name: osm-mesh-config, namespace: ${where}}, spec: {traffic: {enableEgress: 7}}}`;
    await using watcher = runningWatcher();
    await watcher.tell(...objects(both(config("osm-system"), config("blue-system"))), listed);
    expect(await findingsOn(watcher.bus)).toEqual(["finding.watcher.MeshConfig.osm-system.osm-mesh-config: OBJECT_UNREADABLE at spec.traffic.enableEgress in shop.yaml"]);
    await watcher.tell(...objects(config("osm-system").replace("7", "true")));
    expect([await factsOn(watcher.bus), await findingsOn(watcher.bus)]).toEqual([["fact.MeshConfig.osm-system.osm-mesh-config"], []]);
  });
});

describe("an object that cannot be read", () => {
  const remark = "finding.watcher.TCPRoute.shop.db: OBJECT_UNREADABLE at spec.matches.ports[0] in routes.yaml";

  test("grants nothing, says where and why, and is forgiven once it is mended", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(shop), listed, ...objects(route("[http]"), "routes.yaml"));
    expect([await factsOn(watcher.bus), await findingsOn(watcher.bus)]).toEqual([shopFacts.slice(0, 2), [remark]]);
    await watcher.tell(...objects(route("[80]"), "routes.yaml"));
    expect([await factsOn(watcher.bus), await findingsOn(watcher.bus)]).toEqual([shopFacts, []]);
  });
  test("is no longer spoken of once it is gone", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(both(namespace("shop"), route("[http]")), "routes.yaml"), listed);
    expect(await findingsOn(watcher.bus)).toEqual([remark]);
    await watcher.tell(...gone(route("[http]")));
    expect(await findingsOn(watcher.bus)).toEqual([]);
  });
  test("is no longer spoken of when it was mended while nobody watched", async () => {
    const bus = createMemoryBus();
    const first = runningWatcher({ bus });
    await first.tell(...objects(both(namespace("shop"), route("[http]"), route("[http]", "other")), "routes.yaml"), listed);
    await first[Symbol.asyncDispose]();
    await using second = runningWatcher({ bus });
    await second.tell(...objects(both(namespace("shop"), route("[80]"), route("[http]", "other")), "routes.yaml"), listed);
    expect(factsIn(second.wrote).toSorted()).toEqual(["-finding.watcher.TCPRoute.shop.db", "fact.TCPRoute.shop.db"]);
  });
  test("is nobody's business outside the mesh", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(both(namespace("shop", "openservicemesh.io/monitored-by: blue"), route("[http]")), "routes.yaml"), listed);
    expect(await findingsOn(watcher.bus)).toEqual([]);
    await watcher.tell(...objects(namespace("shop")));
    expect(await findingsOn(watcher.bus)).toEqual([remark]);
    await watcher.tell(...gone(namespace("shop")));
    expect(await findingsOn(watcher.bus)).toEqual([]);
  });
  test("of a namespace that asks for two meshes is said by the one that does not have it", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...objects(namespace("shop", "osm-injection: enabled, openservicemesh.io/monitored-by: blue")), listed);
    expect(await findingsOn(watcher.bus)).toEqual(["finding.watcher.Namespace.=.shop: NAMESPACE_LABEL_OF_OTHER_MESH at metadata.labels.osm-injection in shop.yaml"]);
  });
});

describe("two watchers of one cluster", () => {
  test("say each thing once between them, whoever comes first", async () => {
    const bus = createMemoryBus();
    await using one = runningWatcher({ bus });
    await using other = runningWatcher({ bus: bus.connect() });
    await Promise.all([one.tell(...objects(shop), listed), other.tell(...objects(shop), listed)]);
    expect([...one.wrote, ...other.wrote].toSorted()).toEqual([...shopFacts, ...barriers].toSorted());
    expect([one.isReady(), other.isReady()]).toEqual([true, true]);

    const steps = [objects(account("new")), objects(route("[81]")), gone(account("web")), objects(route("[82]")), objects(account("web"))];
    for (const [at, step] of steps.entries()) {
      one.clear();
      other.clear();
      const order = at % 2 === 0 ? [one, other] : [other, one];
      for (const watcher of order) await watcher.tell(...step);
      expect([order[0]?.wrote.length, order[1]?.wrote]).toEqual([1, []]);
    }
  });
  test("end at what is true even when one lags behind", async () => {
    const bus = createMemoryBus();
    await using one = runningWatcher({ bus });
    await using other = runningWatcher({ bus: bus.connect() });
    await one.tell(...objects(both(namespace("shop"), route("[80]"))), listed);
    await other.tell(...objects(both(namespace("shop"), route("[80]"))), listed);
    const changes = [81, 82, 83].flatMap((port) => objects(route(`[${port}]`)));
    await one.tell(...changes);
    await other.tell(...changes);
    const { fact } = decodeJson(factPayload, (await bus.last(subjects.fact("TCPRoute", "shop", "db")))?.bytes ?? new Uint8Array());
    expect(fact).toMatchObject({ ports: [83] });
  });
});
