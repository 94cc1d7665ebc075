import { expect, test } from "vitest";
import { certificateRows } from "../src/certificates.ts";
import { compileRows } from "../src/compile.ts";
import { pushRows } from "../src/push.ts";
import { median, rounded } from "../src/report.ts";

test("every compilation of a small mesh is measured", () => {
  const rows = [...compileRows([3])];
  expect(rows.map(({ of, what }) => `${of}: ${what}`)).toEqual(expect.arrayContaining(["3 services, permissive: EndpointSlice changed", "3 services, smi: TrafficTarget edited"]));
  expect(rows.flatMap(({ values }) => Object.values(values)).every((value) => value > 0)).toBe(true);
});

test("a push reaches every stream, with the changed assignment and no more", () => {
  const pushed = [...pushRows([3, 30], 4)].filter(({ what }) => what === "one endpoint changed").map(({ values }) => values["bytes a proxy"]);
  expect(pushed[0]).toBeGreaterThan(100);
  expect(pushed[1]).toBe(pushed[0]);
});

test("certificates are signed and asked for", async () => {
  const counts: number[] = [];
  for await (const { values } of certificateRows(8)) counts.push(values["a second"] ?? 0);
  expect(counts).toHaveLength(2);
  expect(Math.min(...counts)).toBeGreaterThan(10);
});

test("the middle of what was measured", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(() => median([])).toThrow("nothing was measured");
});

test.each([[0.012_345, "0.0123"], [12.3456, "12.3"], [1234.5, "1,235"]])("%d is written as %s", (value, text) => {
  expect(rounded(value)).toBe(text);
});
