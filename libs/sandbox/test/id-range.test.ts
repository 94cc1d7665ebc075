import { expect, test } from "vitest";
import { freeRange, idRangeOf } from "../src/namespace/id-range.ts";

const clerk = { name: "clerk", uid: 1001 };

test.each([
  { table: "clerk:100000:65536\n", found: { start: 100_000, count: 65_535 } },
  { table: "other:100000:65536\n1001:165536:65536\n", found: { start: 165_536, count: 65_535 } },
  { table: "clerk:100000:1000\nclerk:165536:70000", found: { start: 165_536, count: 65_535 } },
  { table: "clerk:100000:65534\n", found: undefined },
  { table: "clerks:100000:65536\n10010:165536:65536\n", found: undefined },
  { table: "clerk:0:65536\nclerk:x:65536\nclerk\n", found: undefined },
  { table: "", found: undefined },
])("$table is $found for the user clerk", ({ table, found }) => {
  expect(idRangeOf(table, clerk)).toEqual(found);
});

test("a range to be given overlaps nobody's", () => {
  expect(freeRange("")).toBe("100000-165535");
  expect(freeRange("other:300000:65536\nclerk:100000:65536\n")).toBe("365536-431071");
});
