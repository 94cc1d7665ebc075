import { may, mayIntrude, readWorld, simulate, simulateIntrusion, type Intrusion, type Outcome } from "@osm/simulate";
import { compiledWorld, meshOf, simulated, type Fault } from "./compiled-world.ts";
import type { RandomWorld } from "./random-world.ts";

export interface Judged {
  readonly owed: readonly Outcome[];
  /** What intruders are owed who wait for the server's first word. */
  readonly greetings: readonly Outcome[];
  /** The first call on which the compiled mesh and the rules part; undefined when they agree. */
  readonly disagreement: string | undefined;
}

/** Holds a compiled mesh against the rules, call by call. `fault` is planted into what is compiled. */
export function judge({ objects, calls, intrusions }: RandomWorld, fault?: Fault): Judged {
  const world = readWorld(objects, meshOf);
  const mesh = simulated(compiledWorld(objects, fault));
  const asCalled = calls.map((call) => ({ call, owed: may(world, call), got: simulate(mesh, call) }));
  const asIntruded = intrusions.map((call) => ({ call, owed: mayIntrude(world, call), got: simulateIntrusion(mesh, call) }));
  const parted = [...asCalled, ...asIntruded].flatMap(({ call, owed, got }) => {
    const words = difference(owed, got);
    return words === undefined ? [] : [`${JSON.stringify(call)}\n${words}`];
  });
  const greetings = asIntruded.filter(({ call }) => waits(call)).map(({ owed }) => owed);
  return { owed: asCalled.map(({ owed }) => owed), greetings, disagreement: parted[0] };
}

function waits({ speaks, wasOpen }: Intrusion): boolean {
  return !wasOpen && speaks.kind === "tcp" && speaks.serverFirst;
}

/** Undefined where two outcomes are the same, up to rounding; else both, in words. */
function difference(owed: Outcome, got: Outcome): string | undefined {
  const [one, other] = [words(owed), words(got)];
  return one === other ? undefined : `owed: ${one}${reason(owed)}\ngot:  ${other}${reason(got)}`;
}

/** Why somebody is refused may be said in two ways; that he is may not. */
function words(outcome: Outcome): string {
  switch (outcome.kind) {
    case "refused":
    case "outside":
      return outcome.kind;
    case "allowed":
      return [...outcome.shares].map(([pod, share]) => `${pod} ${share.toFixed(9)}`).toSorted().join(", ");
  }
}

function reason(outcome: Outcome): string {
  return outcome.kind === "refused" ? ` (${outcome.why})` : "";
}
