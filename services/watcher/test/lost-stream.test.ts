import { createMemoryBus, type MemoryBus } from "@osm/bus";
import { factKinds } from "@osm/model";
import { decodeJson, syncPayload } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { account, both, factsOn, listed, namespace, objects, route, runningWatcher, standing, subjects, shortSubject } from "./bench.ts";

const shop = both(namespace("shop"), account("web"), route("[80]"), route("[http]", "broken"));
const shopFacts = ["fact.Namespace.=.shop", "fact.ServiceAccount.shop.web", "fact.TCPRoute.shop.db"];

/** Resolves when the barrier of every kind stands on the present stream, whichever that is by then. */
async function complete(bus: MemoryBus): Promise<void> {
  const told = new Set<string>();
  for await (const event of bus.watch(subjects.syncs, { signal: new AbortController().signal })) {
    if (event.kind === "reset") told.clear();
    if (event.kind === "entry" && event.entry.bytes && decodeJson(syncPayload, event.entry.bytes).incarnation === (await bus.incarnation())) told.add(event.entry.subject);
    if (told.size === factKinds.length) return;
  }
}

async function checkStream(bus: MemoryBus): Promise<void> {
  expect(await factsOn(bus)).toEqual(shopFacts);
  const newest = Math.max(...[...(await standing(bus, "fact")).values()].map(({ seq }) => seq));
  for (const { seq, bytes = new Uint8Array() } of (await standing(bus, "sync")).values()) {
    expect(decodeJson(syncPayload, bytes)).toEqual({ incarnation: await bus.incarnation(), through: newest });
    expect(seq).toBeGreaterThan(newest);
  }
}

describe("a stream that was lost", () => {
  test("is told everything again, the barriers last and by its own numbers", async () => {
    const bus = createMemoryBus();
    await using watcher = runningWatcher({ bus });
    await watcher.tell(...objects(both(shop, ...Array.from({ length: 20 }, (_, at) => account(`gone-${at}`, "den")))), listed);
    for (let n = 0; n < 3; n += 1) {
      watcher.clear();
      bus.loseDisk();
      await complete(bus);
      await checkStream(bus);
      expect(watcher.wrote.filter((each) => each.startsWith("fact."))).toEqual(shopFacts);
    }
    expect([...(await standing(bus, "finding")).keys()]).toEqual(["finding.watcher.TCPRoute.shop.broken"]);
  });
  test("is told what changes afterwards by numbers of its own", async () => {
    const bus = createMemoryBus();
    await using watcher = runningWatcher({ bus });
    await watcher.tell(...objects(shop), listed);
    bus.loseDisk();
    await complete(bus);
    watcher.clear();
    await watcher.tell(...objects(both(account("web"), account("new"))));
    expect(watcher.wrote).toEqual(["fact.ServiceAccount.shop.new"]);
  });
  test("before the list was complete is not called complete by it", async () => {
    const bus = createMemoryBus();
    await using watcher = runningWatcher({ bus });
    await watcher.tell(...objects(shop));
    bus.loseDisk();
    await watcher.tell(...objects(account("web")));
    expect([...(await standing(bus, "sync")).keys()]).toEqual([]);
    await watcher.tell(listed);
    await complete(bus);
    await checkStream(bus);
  });
  test.each(shopFacts)("while the list is being said (after %s) is called complete only when all of it stands", async (last) => {
    const bus = createMemoryBus();
    let losses = 0;
    const early: string[] = [];
    const losing: MemoryBus = { ...bus, publish: async (subject, bytes, options) => {
      const short = shortSubject(subject);
      if (short.startsWith("sync.") && (await factsOn(bus)).length < shopFacts.length) early.push(short);
      const seq = await bus.publish(subject, bytes, options);
      if (losses < 3 && short === last) {
        losses += 1;
        bus.loseDisk();
      }
      return seq;
    } };
    await using watcher = runningWatcher({ bus: losing });
    await watcher.tell(...objects(shop), listed);
    await complete(bus);
    expect([losses, early]).toEqual([3, []]);
    await checkStream(bus);
  });
  test("is filled by two watchers that do not get in each other's way", async () => {
    const bus = createMemoryBus();
    await using one = runningWatcher({ bus });
    await using other = runningWatcher({ bus: bus.connect() });
    await one.tell(...objects(shop), listed);
    await other.tell(...objects(shop), listed);
    one.clear();
    other.clear();
    bus.loseDisk();
    await complete(bus);
    await Promise.all([one.tell(...objects(account("web"))), other.tell(...objects(account("web")))]);
    expect(await factsOn(bus)).toEqual(shopFacts);
    expect([...one.wrote, ...other.wrote].filter((each) => each.startsWith("fact.")).toSorted()).toEqual(shopFacts);
  });
});

test("a bus that cannot be reached is waited for", async () => {
  const bus = createMemoryBus();
  const refused = Promise.withResolvers<void>();
  const log = { debug: () => undefined, info: () => undefined, error: () => undefined, warn: (_fields: unknown, message: string) => {
    if (message === "bus takes nothing, tried again") refused.resolve();
  } };
  await using watcher = runningWatcher({ bus, log });
  await watcher.tell(...objects(shop), listed);
  bus.disconnect();
  const telling = watcher.tell(...objects(account("new")));
  await refused.promise;
  bus.reconnect();
  await telling;
  expect(await factsOn(bus)).toContain("fact.ServiceAccount.shop.new");
});

test("a watcher that cannot go on says so", async () => {
  const bus = createMemoryBus();
  const broken: MemoryBus = { ...bus, publish: async () => {
    throw new TypeError("broken");
  } };
  const watcher = runningWatcher({ bus: broken });
  await expect(watcher.tell(...objects(shop), listed)).rejects.toThrow("broken");
  await expect(watcher.done).rejects.toThrow("broken");
});
