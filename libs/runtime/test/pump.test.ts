import { createPump } from "@osm/runtime";
import { expect, test } from "vitest";

const unexpected = (error: unknown) => {
  throw error;
};

test("merges the triggers that come while a run is under way into one more", async () => {
  let runs = 0;
  const gate = Promise.withResolvers<void>();
  const pump = createPump(async () => {
    runs++;
    if (runs === 1) await gate.promise;
  }, unexpected);
  for (let times = 0; times < 5; times++) pump.trigger();
  gate.resolve();
  await pump.idle();
  expect(runs).toBe(2);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7])("loses no trigger that comes %i microtasks after a run's end", async (gap) => {
  let runs = 0;
  const gate = Promise.withResolvers<void>();
  const pump = createPump(async () => {
    runs++;
    if (runs === 1) await gate.promise;
  }, unexpected);
  pump.trigger();
  gate.resolve();
  for (let tick = 0; tick < gap; tick++) await Promise.resolve();
  pump.trigger();
  await pump.idle();
  expect(runs).toBe(2);
});

test("tells the error that ends it", async () => {
  const failed = Promise.withResolvers<unknown>();
  const pump = createPump(() => Promise.reject(new Error("out of water")), failed.resolve);
  pump.trigger();
  expect(await failed.promise).toMatchObject({ message: "out of water" });
});
