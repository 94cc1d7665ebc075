import { setImmediate as turn } from "node:timers/promises";
import { encodeJson, type CompiledPayload } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, saidShop, type Bench } from "./bench.ts";
import { subjects } from "./mesh-said.ts";

function says(bench: Bench, member: string, position: Pick<CompiledPayload, "revision" | "beside">) {
  return bench.bus.publish(subjects.compiled(member), encodeJson({ ...position, wrote: { view: 0, offering: 0, proxy: 0, endpoints: 0 } } satisfies CompiledPayload));
}

test("no proxy is let in before every compiler that shares the mesh has said its part", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await says(bench, "compiler-0", { revision: 8, beside: ["compiler-1"] });
  let isReady = false;
  const xds = bench.start();
  void xds.port.then(() => (isReady = true));
  for (let turns = 0; turns < 200; turns++) await turn();
  expect(isReady).toBe(false);

  await says(bench, "compiler-1", { revision: 7, beside: ["compiler-0"] });
  await xds.port;
  expect((await bench.progress(() => true)).revision).toBe(7);
});

test("what is left of one that is gone holds nobody back once its peers have withdrawn it", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await says(bench, "compiler-0", { revision: 8, beside: ["compiler-1"] });
  await says(bench, "compiler-1", { revision: 7, beside: ["compiler-0"] });
  bench.start();
  await bench.progress(({ revision }) => revision === 7);
  await says(bench, "compiler-0", { revision: 9, beside: [] });
  await bench.bus.publish(subjects.compiled("compiler-1"), undefined);
  expect((await bench.progress(({ revision }) => revision > 7)).revision).toBe(9);
});
