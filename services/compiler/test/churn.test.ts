import fc from "fast-check";
import { expect, test } from "vitest";
import { createBench } from "./bench.ts";
import { shop } from "./mesh-facts.ts";
import { fact, told, toldAnew } from "./random-facts.ts";

test("after each change, what stands is what a compiler says that says all of it", async () => {
  const turn = fc.array(fc.record({ fact, isGone: fc.boolean() }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 6 }), async (turns) => {
      await using bench = createBench();
      await bench.say(...shop);
      await bench.barrier();
      await bench.start().ready;
      for (const each of turns) {
        let last = 0;
        for (const { fact: one, isGone } of each) last = isGone ? await bench.gone(one) : await bench.say(one);
        await bench.through(last);
        expect(await told(bench)).toEqual(await toldAnew(bench));
      }
    }),
    { numRuns: 25 },
  );
});
