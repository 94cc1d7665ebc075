import fc from "fast-check";
import { expect, test } from "vitest";
import { moveTo, reconnect, restWrongs, settle } from "./conversation.ts";
import { deltaLine } from "./line.ts";
import { held, missing, start, wanted } from "./script.ts";
import { actions, anySpec, soundSpec, warmableSpec } from "./specs.ts";
import { Contents } from "./world.ts";

const runs = 800;

test("any interleaving comes to rest with exactly the target, and a new stream then gets nothing", () => {
  fc.assert(
    fc.property(actions(soundSpec), soundSpec, fc.boolean(), (script, last, forgetful) => {
      const talk = start(deltaLine(new Contents()), script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(held(talk)).toEqual(wanted(talk));

      expect(reconnect(talk)).toBe(true);
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(talk.resources).toBe(0);
    }),
    { numRuns: runs },
  );
});

test("what Envoy rejects keeps back nothing but itself and what needs it", () => {
  fc.assert(
    fc.property(actions(anySpec), warmableSpec, fc.boolean(), (script, last, forgetful) => {
      const talk = start(deltaLine(new Contents()), script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(missing(talk)).toEqual([]);
    }),
    { numRuns: runs },
  );
});

test("after any rejections a target that Envoy takes is reached whole", () => {
  fc.assert(
    fc.property(actions(anySpec), soundSpec, fc.boolean(), (script, last, forgetful) => {
      const talk = start(deltaLine(new Contents()), script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(held(talk)).toEqual(wanted(talk));
    }),
    { numRuns: runs },
  );
});
