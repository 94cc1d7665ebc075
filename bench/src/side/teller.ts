import type { Bus } from "@osm/bus";
import type { Fact, FactKind } from "@osm/model";
import { encodeJson, type Subjects } from "@osm/wire";

/** Says facts as a watcher does, of objects that a load makes up. */
export interface Teller {
  /** @returns when the first was handed to the bus: nanoseconds of the machine's monotonic clock. */
  say(facts: readonly Fact[]): Promise<number>;
  /** "The list of these kinds is complete." */
  complete(kinds: readonly FactKind[]): Promise<void>;
}

export function createTeller(bus: Bus, subjects: Subjects): Teller {
  let through = 0;
  return {
    say: async (facts) => {
      const at = Number(process.hrtime.bigint());
      for (const fact of facts) through = await bus.publish(subjects.fact(fact.kind, fact.namespace, fact.name), encodeJson({ fact, observedAt: Date.now() }));
      return at;
    },
    complete: async (kinds) => {
      const barrier = encodeJson({ incarnation: await bus.incarnation(), through });
      for (const kind of kinds) await bus.publish(subjects.sync(kind), barrier);
    },
  };
}
