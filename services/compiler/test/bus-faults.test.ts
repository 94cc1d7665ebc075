import { encodeJson } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, published, subjects, viewOf, type Bench } from "./bench.ts";
import { pod, service, shop, slice } from "./mesh-facts.ts";

async function runningShop(bench: Bench) {
  await bench.say(...shop);
  await bench.barrier();
  const compiler = bench.start();
  await compiler.ready;
  return compiler;
}

test("a stream that lost its disk is told everything again, once the watcher has told it", async () => {
  await using bench = createBench();
  const compiler = await runningShop(bench);
  for (let change = 0; change < 20; change++) await bench.say(slice("server", [`10.0.0.${change}`]));
  const before = await viewOf(bench, "client");

  bench.bus.loseDisk();
  await bench.say(...shop.slice(0, 3));
  await bench.barrier(["Pod"]);
  expect((await published(bench)).views).toEqual([]);

  const last = await bench.say(...shop.slice(3), slice("server", ["10.0.0.1"]));
  await bench.barrier();
  await bench.through(last);
  const after = await viewOf(bench, "client");
  expect(after).toMatchObject({ id: before.id, digest: before.digest, revision: last });
  expect((await published(bench)).proxies).toHaveLength(2);
  expect(compiler.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("what the new life of the stream no longer holds is gone", async () => {
  await using bench = createBench();
  await runningShop(bench);
  await bench.through(await bench.say(pod("cart")));
  bench.bus.loseDisk();
  const last = await bench.say(...shop);
  await bench.barrier();
  await bench.through(last);
  expect((await published(bench)).proxies.map(({ pod: name }) => name).toSorted()).toEqual(["client-0", "server-0"]);
});

test("a fact that cannot be read is passed over and the rest goes on", async () => {
  await using bench = createBench();
  const compiler = await runningShop(bench);
  await bench.bus.publish(subjects.fact("Pod", "shop", "server-0"), new Uint8Array([0xff]));
  await bench.bus.publish(subjects.fact("Pod", "shop", "other"), encodeJson({ fact: { kind: "Comet", namespace: "shop", name: "other" }, observedAt: 0 }));
  await bench.through(await bench.say(service("client", "10.96.0.3")));

  expect((await published(bench)).proxies).toHaveLength(2);
  expect(compiler.lines.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual(["payload unreadable, passed over"]);
});
