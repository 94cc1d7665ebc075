import { createWriter, type Bus, type Entry } from "@osm/bus";
import { encodeJson, type CompiledPayload, type Subjects } from "@osm/wire";
import { positions } from "./fences.ts";
import { withdrawLast } from "./rejections.ts";
import type { Shares } from "./shares.ts";

interface PositionsDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly member: string;
  readonly shares: Shares;
  readonly signal: AbortSignal;
  readonly disturbed: () => void;
}

/** How far each compiler says it has come. */
export interface Positions {
  readonly known: Promise<void>;
  /** Says it of this one, and withdraws what is left of those that are gone: all that was theirs has been said. */
  say(position: CompiledPayload): Promise<void>;
  /** True when one that is gone still claims a position, which would hold its readers back. */
  isLeftOver(): boolean;
  readonly done: Promise<void>;
}

export function createPositions({ bus, subjects, member, shares, signal, disturbed }: PositionsDeps): Positions {
  const own = subjects.compiled(member);
  const writer = createWriter(bus, positions);
  const others = new Map<string, number>();
  const known = Promise.withResolvers<void>();
  let said = false;

  const take = (entry: Entry) => {
    const { subject, seq, bytes } = entry;
    if (subject === own) {
      writer.adopt(entry);
      if (!bytes && said) disturbed();
    } else if (bytes) others.set(subject, seq);
    else others.delete(subject);
  };
  /** One that was written before everybody there was heard of, by one that is not there. */
  const leftOver = () => {
    const live = new Set(shares.beside().map(subjects.compiled));
    return [...others].filter(([subject, seq]) => seq < shares.heardUpTo() && !live.has(subject));
  };
  const follow = async () => {
    for await (const event of bus.watch(subjects.allCompiled, { signal })) {
      if (event.kind === "entry") take(event.entry);
      if (event.kind === "current") known.resolve();
      if (event.kind === "reset") others.clear();
    }
    known.resolve();
  };
  return {
    known: known.promise,
    say: async (position) => {
      said = true;
      await writer.write(own, encodeJson(position));
      for (const [subject, seq] of leftOver()) {
        await withdrawLast(bus, subject, seq);
        others.delete(subject);
      }
    },
    isLeftOver: () => leftOver().length > 0,
    done: follow(),
  };
}
