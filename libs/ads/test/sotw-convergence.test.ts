import fc from "fast-check";
import { expect, test } from "vitest";
import { moveTo, reconnect, restWrongs, settle } from "./conversation.ts";
import { sotwLine } from "./line.ts";
import { held, missing, start, wanted } from "./script.ts";
import { actions, anySpec, soundSpec, warmableSpec } from "./specs.ts";
import { Contents } from "./world.ts";

const runs = 500;

/** What the caller knows of versions of the past: what they need, and what those of whole types stood for. */
const memories = fc.record({ forgetful: fc.boolean(), remembering: fc.boolean() });

test("state of the world: any interleaving comes to rest with exactly the target, and a new stream then gets nothing when its versions are remembered", () => {
  fc.assert(
    fc.property(actions(soundSpec), soundSpec, memories, (script, last, { forgetful, remembering }) => {
      const talk = start(sotwLine(new Contents(), remembering), script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(held(talk)).toEqual(wanted(talk));

      expect(reconnect(talk)).toBe(true);
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      if (remembering) expect(talk.resources).toBe(0);
      expect(held(talk)).toEqual(wanted(talk));
    }),
    { numRuns: runs },
  );
});

test("state of the world: what Envoy rejects keeps back nothing but itself and what needs it", () => {
  fc.assert(
    fc.property(actions(anySpec), warmableSpec, memories, (script, last, { forgetful, remembering }) => {
      const talk = start(sotwLine(new Contents(), remembering), script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(missing(talk)).toEqual([]);
    }),
    { numRuns: runs },
  );
});

test("state of the world: after any rejections a target that Envoy takes is reached whole", () => {
  fc.assert(
    fc.property(actions(anySpec), soundSpec, memories, (script, last, { forgetful, remembering }) => {
      const talk = start(sotwLine(new Contents(), remembering), script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(held(talk)).toEqual(wanted(talk));
    }),
    { numRuns: runs },
  );
});
