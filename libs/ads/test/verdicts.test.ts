import { describe, expect, test } from "vitest";
import type { Item, VerdictEvent, Verdicts } from "../src/index.ts";
import { judge, judgeAll, lastGood, noVerdicts, quarantineOf, servedVersion, soundItems } from "../src/index.ts";

const at = (version: string): Item => ({ type: "LDS", name: "l", version });
const rejected = (version: string): VerdictEvent => ({ kind: "rejected", ...at(version), words: "no" });
const accepted = (version: string): VerdictEvent => ({ kind: "accepted", ...at(version) });
const retarget = (version: string): VerdictEvent => ({ kind: "retarget", ...at(version) });
const after = (...events: readonly VerdictEvent[]): Verdicts => events.reduce(judge, noVerdicts);

describe("a version that a proxy rejected", () => {
  const cases: readonly { readonly name: string; readonly events: readonly VerdictEvent[]; readonly wanted: string; readonly served: string }[] = [
    { name: "gives way to the last good one", events: [retarget("1"), accepted("1"), retarget("2"), rejected("2")], wanted: "2", served: "1" },
    { name: "is held back where no good one is known", events: [retarget("2"), rejected("2")], wanted: "2", served: "pending" },
    { name: "stays away though another proxy accepts it later", events: [accepted("1"), retarget("2"), rejected("2"), accepted("2")], wanted: "2", served: "1" },
    { name: "is served on when a proxy had accepted it before", events: [retarget("1"), accepted("1"), rejected("1")], wanted: "1", served: "1" },
    { name: "leaves the next version of the target free", events: [accepted("1"), retarget("2"), rejected("2"), retarget("3")], wanted: "3", served: "3" },
    { name: "is tried again when the target comes back to it", events: [retarget("2"), rejected("2"), retarget("3"), retarget("2")], wanted: "2", served: "2" },
    { name: "keeps the last good one over several rejections", events: [accepted("1"), retarget("2"), rejected("2"), retarget("3"), rejected("3")], wanted: "3", served: "1" },
    { name: "is kept away though its verdict came before the target", events: [accepted("1"), rejected("2"), retarget("2")], wanted: "2", served: "1" },
    { name: "does not free another by a late word about it", events: [accepted("0"), retarget("2"), rejected("2"), rejected("1")], wanted: "2", served: "0" },
    { name: "is not excused by a slow proxy's word about an older one", events: [retarget("2"), accepted("2"), accepted("1"), rejected("2")], wanted: "2", served: "2" },
    { name: "is forgotten with its name", events: [accepted("1"), retarget("2"), rejected("2"), retarget("absent"), retarget("2")], wanted: "2", served: "2" },
    { name: "does not touch what is absent", events: [accepted("1"), retarget("2"), rejected("2")], wanted: "absent", served: "absent" },
  ];

  for (const { name, events, wanted, served } of cases) {
    test(name, () => {
      expect(servedVersion(after(...events), at(wanted))).toBe(served);
    });
  }

  test("is told with Envoy's words, under its own name and type alone", () => {
    const verdicts = after(rejected("2"));
    expect(quarantineOf(verdicts, at("2"))).toBe("no");
    expect(quarantineOf(verdicts, at("1"))).toBeUndefined();
    expect(quarantineOf(verdicts, { ...at("2"), name: "m" })).toBeUndefined();
    expect(quarantineOf(verdicts, { ...at("2"), type: "CDS" })).toBeUndefined();
  });
});

test("nothing is remembered of a name that is gone", () => {
  expect(after(accepted("1"), retarget("2"), rejected("2"), retarget("absent")).size).toBe(0);
});

test("what is already known changes nothing", () => {
  const verdicts = after(accepted("1"), retarget("2"), rejected("2"));
  expect(judge(verdicts, rejected("2"))).toBe(verdicts);
  expect(judge(verdicts, accepted("1"))).toBe(verdicts);
  expect(lastGood(verdicts, { type: "LDS", name: "l" })).toBe("1");
});

test("what a canary tries is held from the others like a rejected version, but for its trial only", () => {
  const verdicts = after(retarget("1"), accepted("1"), retarget("2"));
  expect(servedVersion(verdicts, at("2"), true)).toBe("1");
  expect(servedVersion(verdicts, at("2"), false)).toBe("2");
  expect(servedVersion(noVerdicts, at("2"), true)).toBe("pending");
});

test("several events in one go teach the same as one after the other, and what is known is not copied", () => {
  const events = [retarget("1"), accepted("1"), retarget("2"), rejected("2"), { ...accepted("7"), name: "m" }];
  const verdicts = judgeAll(noVerdicts, events);
  expect(verdicts).toEqual(after(...events));
  expect(judgeAll(verdicts, [retarget("2"), rejected("2"), accepted("1")])).toBe(verdicts);
});

test("what is sound is listed by name, rejected versions left out", () => {
  const verdicts = after(accepted("1"), retarget("2"), rejected("2"), { ...rejected("3"), name: "m" }, { ...accepted("4"), type: "CDS", name: "a/b|1" });
  expect([...soundItems(verdicts)]).toEqual([{ type: "CDS", name: "a/b|1", version: "4" }, at("1")]);
});
