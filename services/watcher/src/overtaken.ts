import { BusError, type Bus } from "@osm/bus";
import type { Ages } from "./ages.ts";

/** Another watcher has said something newer of the object, so ours is dropped. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** The bus, with a look at the age of what stands wherever another writer was first. @throws Overtaken from `publish` */
export function yieldingToNewer(bus: Bus, ages: Ages): Bus {
  return {
    ...bus,
    publish: async (subject, bytes, options) => {
      try {
        return await bus.publish(subject, bytes, options);
      } catch (error) {
        if (!(error instanceof BusError) || error.code !== "WrongSequence") throw error;
        const standing = await bus.last(subject);
        if (standing) ages.adopt(standing);
        if (ages.isOlder(subject, ages.ageIn(options?.headers))) throw new Overtaken("a newer state of the object stands", { cause: error });
        throw error;
      }
    },
  };
}
