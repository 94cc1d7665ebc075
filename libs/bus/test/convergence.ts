import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect } from "vitest";
import type { Bus, Entry } from "../src/index.ts";
import { bytesOf, openReader, textOf } from "./reader.ts";

/** One writer's next step: what it writes (or withdraws), and how many turns of the event loop it rests before. */
const step = fc.record({
  subject: fc.constantFrom("a", "b", "c", "d"),
  value: fc.option(fc.string({ maxLength: 4 }), { nil: undefined }),
  rest: fc.integer({ min: 0, max: 2 }),
});
const plan = fc.record({
  writers: fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
  /** For each reader how many turns it rests after each event, over and over. */
  readers: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

interface Place {
  readonly bus: Bus;
  readonly connect: () => Promise<Bus>;
  /** Runs beside the writers, to make trouble; must leave the place whole. */
  readonly trouble?: () => Promise<void>;
}

/** Any interleaving of writers and slow readers ends with each reader's last values equal to the stream's. */
export async function convergence(place: Place, { runs }: { readonly runs: number }): Promise<void> {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      run += 1;
      await converges(place, drawn, `mesh.test.v1.view.run${run}`);
    }),
    { numRuns: runs },
  );
}

async function converges({ bus, connect, trouble }: Place, { writers, readers }: Plan, root: string): Promise<void> {
  const second = await connect();
  const reading = readers.map((rests, n) => lastSeen(n % 2 === 0 ? bus : second, root, rests));
  await Promise.all([...writers.map((steps) => writeAll(second, root, steps)), trouble?.()]);
  await second.publish(`${root}.end`, bytesOf("end"));

  const subjects = ["a", "b", "c", "d"].map((name) => `${root}.${name}`);
  const stands = await Promise.all(subjects.map(async (subject) => [subject, valueOf(await second.last(subject))] as const));
  for (const seen of await Promise.all(reading)) {
    expect(subjects.map((subject) => [subject, valueOf(seen.get(subject))])).toEqual(stands);
  }
  await second[Symbol.asyncDispose]();
}

async function writeAll(bus: Bus, root: string, steps: Plan["writers"][number]): Promise<void> {
  for (const { subject, value, rest } of steps) {
    await turns(rest);
    await bus.publish(`${root}.${subject}`, value === undefined ? undefined : bytesOf(value));
  }
}

/** What a reader holds when it has come to the end mark. */
async function lastSeen(bus: Bus, root: string, rests: readonly number[]): Promise<ReadonlyMap<string, Entry>> {
  const seen = new Map<string, Entry>();
  await using reader = openReader(bus, `${root}.*`);
  for (let n = 0; !seen.has(`${root}.end`); n += 1) {
    await turns(rests[n % rests.length] ?? 0);
    const event = await reader.next();
    if (event.kind !== "entry") continue;
    expect(event.entry.seq).toBeGreaterThanOrEqual(seen.get(event.entry.subject)?.seq ?? 0);
    seen.set(event.entry.subject, event.entry);
  }
  return seen;
}

function valueOf(entry: Entry | undefined): string {
  const text = textOf(entry?.bytes);
  return text === undefined ? "nothing" : `=${text}`;
}

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await turn();
}
