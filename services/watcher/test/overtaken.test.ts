import { createMemoryBus } from "@osm/bus";
import { expect, test } from "vitest";
import { createAges } from "../src/ages.ts";
import { Overtaken, yieldingToNewer } from "../src/overtaken.ts";

const at = (age: number) => ({ "osm-at": `${age}` });
const bytes = Buffer.from("{}");

test.each([
  { stands: "a tombstone", value: undefined },
  { stands: "a value", value: bytes },
])("a writer that did not know of $stands yields to it when it is newer, and only then", async ({ value }) => {
  const bus = createMemoryBus();
  await bus.publish("a.b", bytes);
  await bus.publish("a.b", value, { headers: at(7) });
  const yielding = () => yieldingToNewer(bus, createAges());
  await expect(yielding().publish("a.b", bytes, { headers: at(6), expectedSeq: 1 })).rejects.toThrow(Overtaken);
  await expect(yielding().publish("a.b", bytes, { headers: at(8), expectedSeq: 1 })).rejects.toMatchObject({ code: "WrongSequence" });
  await expect(yielding().publish("a.b", bytes, { expectedSeq: 1 })).rejects.toMatchObject({ code: "WrongSequence" });
});
