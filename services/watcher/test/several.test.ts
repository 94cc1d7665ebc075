import { createMemoryBus } from "@osm/bus";
import type { ClusterEvent } from "@osm/kube";
import { factKinds } from "@osm/model";
import { decodeJson, factPayload } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { account, both, factsOn, gone, listed, namespace, objects, route, runningWatcher, subjects } from "./bench.ts";

/** A change, as a watch tells it, of this age. */
const changed = (at: number, ...events: readonly ClusterEvent[]): readonly ClusterEvent[] =>
  events.map((event) => (event.kind === "object" || event.kind === "gone" ? { ...event, at } : event));
const shop = objects(both(namespace("shop"), route("[80]")));

describe("of two watchers", () => {
  test("the one that lags puts nothing old in the place of what the other has said", async () => {
    const bus = createMemoryBus();
    await using quick = runningWatcher({ bus });
    await using slow = runningWatcher({ bus });
    await quick.tell(...shop, listed);
    await slow.tell(...shop, listed);
    await quick.tell(...changed(7, ...objects(route("[82]"))));
    await slow.tell(...changed(6, ...objects(route("[81]"))));
    const standing = await bus.last(subjects.fact("TCPRoute", "shop", "db"));
    expect(decodeJson(factPayload, standing?.bytes ?? new Uint8Array()).fact).toMatchObject({ ports: [82] });
    await slow.tell(...changed(8, ...objects(route("[83]"))));
    expect(decodeJson(factPayload, (await bus.last(subjects.fact("TCPRoute", "shop", "db")))?.bytes ?? new Uint8Array())).toMatchObject({ fact: { ports: [83] } });
  });
  test("the one that lags brings back nothing that the other has seen go", async () => {
    const bus = createMemoryBus();
    await using quick = runningWatcher({ bus });
    await using slow = runningWatcher({ bus });
    await quick.tell(...shop, listed);
    await slow.tell(...shop, listed);
    await quick.tell(...changed(7, ...gone(route("[80]"))));
    await slow.tell(...changed(6, ...objects(route("[81]"))));
    expect(await factsOn(bus)).not.toContain("fact.TCPRoute.shop.db");
  });
  test("a list is believed by both, whatever numbers stood before: a cluster may be put back to an older state", async () => {
    const bus = createMemoryBus();
    await using watcher = runningWatcher({ bus });
    await watcher.tell(...shop, listed, ...changed(90, ...objects(route("[81]"))));
    await watcher.tell(...objects(route("[80]")), ...changed(50, ...objects(route("[82]"))));
    expect(decodeJson(factPayload, (await bus.last(subjects.fact("TCPRoute", "shop", "db")))?.bytes ?? new Uint8Array()).fact).toMatchObject({ ports: [82] });
  });
});

describe("a kind", () => {
  test("is spoken of once it and the namespaces are listed, though others are not", async () => {
    await using watcher = runningWatcher();
    await watcher.tell(...shop, ...objects(account("web")), { kind: "listed", kinds: ["TCPRoute"] });
    expect(watcher.wrote).toEqual([]);
    await watcher.tell({ kind: "listed", kinds: ["Namespace"] });
    expect(watcher.wrote).toEqual(["fact.Namespace.=.shop", "fact.TCPRoute.shop.db", "sync.Namespace", "sync.TCPRoute"]);
    await watcher.tell(...objects(route("[81]")), ...objects(account("other")));
    expect(watcher.wrote.slice(4)).toEqual(["fact.TCPRoute.shop.db"]);
    expect(watcher.isReady()).toBe(false);
    await watcher.tell({ kind: "listed", kinds: factKinds.filter((kind) => kind !== "Namespace" && kind !== "TCPRoute") });
    expect(watcher.wrote).toContain("fact.ServiceAccount.shop.other");
    expect(watcher.isReady()).toBe(true);
  });
  test("that cannot be listed withdraws nothing of what an earlier life has said", async () => {
    const bus = createMemoryBus();
    const first = runningWatcher({ bus });
    await first.tell(...shop, listed);
    await first[Symbol.asyncDispose]();
    await using second = runningWatcher({ bus });
    await second.tell(...objects(namespace("shop")), { kind: "listed", kinds: factKinds.filter((kind) => kind !== "TCPRoute") });
    expect(await factsOn(bus)).toContain("fact.TCPRoute.shop.db");
    await second.tell({ kind: "listed", kinds: ["TCPRoute"] });
    expect(await factsOn(bus)).not.toContain("fact.TCPRoute.shop.db");
  });
});
