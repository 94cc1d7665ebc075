import { openKubeApi, whileHeld } from "@osm/kube";
import { silentLog } from "@osm/runtime";
import { clusterNeeds, openWire, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

/** One who wants a lease, and says each time that it has it or no longer. */
function candidate(holder: string, name: string, kubeconfig: string) {
  const stop = new AbortController();
  const queue: string[] = [];
  let bell = Promise.withResolvers<void>();
  const say = (what: string) => {
    queue.push(what);
    bell.resolve();
  };
  const options = { api: openKubeApi({ kubeconfig, context: "" }), namespace: "default", name, holder, durationMs: 2000, log: silentLog, signal: stop.signal };
  const done = whileHeld(options, async (held) => {
    say("has it");
    await new Promise<void>((resolve) => held.addEventListener("abort", () => resolve(), { once: true }));
    say("has it no longer");
  });
  return {
    said: queue,
    next: async () => {
      while (queue.length === 0) {
        await bell.promise;
        bell = Promise.withResolvers();
      }
      return queue.shift();
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

needs(...clusterNeeds)("a lease", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster();
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("is held by one, and is the other's as soon as the first ends", async () => {
    await using first = candidate("first", "ends", cluster.kubeconfig);
    expect(await first.next()).toBe("has it");
    await using second = candidate("second", "ends", cluster.kubeconfig);
    await first[Symbol.asyncDispose]();
    expect(await first.next()).toBe("has it no longer");
    expect(await second.next()).toBe("has it");
    const lease = JSON.parse(await cluster.kubectl("get", "lease", "ends", "-o", "json"));
    expect(lease.spec).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
  });

  test("is given up by a holder who is cut off, before another may have it, and passes on", async () => {
    await using wire = await openWire(cluster.port);
    await using first = candidate("first", "cut", await cluster.kubeconfigFor({ port: wire.port }));
    expect(await first.next()).toBe("has it");
    await using second = candidate("second", "cut", cluster.kubeconfig);
    wire.refuse(true);
    wire.cut();
    const order: string[] = [];
    await Promise.all([
      first.next().then((said) => order.push(`first ${said}`)),
      second.next().then((said) => order.push(`second ${said}`)),
    ]);
    expect(order).toEqual(["first has it no longer", "second has it"]);
    wire.refuse(false);
    expect(first.said).toEqual([]);
  });
});
