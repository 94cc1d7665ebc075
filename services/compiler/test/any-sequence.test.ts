import { manualClock, type ManualClock } from "@osm/testkit";
import { compiledPayload, decodeJson } from "@osm/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBench, subjects, type Bench, type RunningCompiler } from "./bench.ts";
import { pod, shop } from "./mesh-facts.ts";
import { untilTimePassed } from "./passing-time.ts";
import { fact, told, toldAnew } from "./random-facts.ts";
import { stoppableProcess, type StoppableProcess } from "./stopped-process.ts";

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("say" as const), fact }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("gone" as const), fact }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("leave", "kill", "stop", "resume"), who: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), steps: fc.nat({ max: 30 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Replica {
  readonly compiler: RunningCompiler;
  readonly process: StoppableProcess;
}

/** Compilers that come and go while facts do. At the end all that still live are running. */
async function play(bench: Bench, clock: ManualClock, steps: readonly Step[]): Promise<void> {
  const replicas: Replica[] = [];
  let number = 0;
  const join = () => {
    const process = stoppableProcess(clock);
    replicas.push({ process, compiler: bench.start(`compiler-${number++}`, process) });
  };
  const take = (who: number) => {
    const [taken] = replicas.splice(who % Math.max(1, replicas.length), 1);
    taken?.process.resume();
    return taken?.compiler;
  };
  join();
  for (const each of steps) {
    switch (each.kind) {
      case "say":
        await bench.say(each.fact);
        break;
      case "gone":
        await bench.gone(each.fact);
        break;
      case "join":
        join();
        break;
      case "leave":
        await take(each.who)?.stop();
        break;
      case "kill":
        await take(each.who)?.kill();
        break;
      case "stop":
      case "resume":
        replicas[each.who % Math.max(1, replicas.length)]?.process[each.kind]();
        break;
      case "wait": {
        const until = clock.now() + each.steps * 50;
        await untilTimePassed(clock, () => clock.now() >= until);
      }
    }
  }
  for (const { process } of replicas) process.resume();
  if (replicas.length === 0) join();
  const last = await bench.say(pod("last"));
  await untilTimePassed(clock, () => isSettled(bench, last, replicas.map(({ compiler }) => compiler.member)));
}

async function isSettled(bench: Bench, revision: number, members: readonly string[]): Promise<boolean> {
  const entries = await bench.standing(subjects.allCompiled);
  const said = entries.map(({ bytes }) => decodeJson(compiledPayload, bytes ?? new Uint8Array()));
  return said.length === members.length && said.every((each) => each.revision >= revision && each.beside.length === members.length - 1);
}

test("whoever comes and goes, is stopped and resumed, what is said in the end is what one compiler says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const clock = manualClock(1_000_000);
      await using bench = createBench(clock);
      await bench.say(...shop);
      await bench.barrier();
      await play(bench, clock, steps);

      expect(await told(bench)).toEqual(await toldAnew(bench));
    }),
    { numRuns: 40 },
  );
});
