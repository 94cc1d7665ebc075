import { expect, test } from "vitest";
import { childOf } from "../src/child-signal.ts";

test("children end with their parent, each by itself before, and late ones at once", () => {
  const parent = new AbortController();
  const [first, second] = [childOf(parent.signal), childOf(parent.signal)];
  first.abort();
  expect([first.signal.aborted, second.signal.aborted, parent.signal.aborted]).toEqual([true, false, false]);
  let ends = 0;
  for (const { signal } of [first, second]) signal.addEventListener("abort", () => ends++);
  parent.abort("over");
  expect([second.signal.reason, ends]).toEqual(["over", 1]);
  expect(childOf(parent.signal).signal.aborted).toBe(true);
});
