import { createWriter, type Bus, type Writer } from "@osm/bus";
import { factKinds, type FactKind } from "@osm/model";
import type { Log } from "@osm/runtime";
import { decodeJson, encodeJson, syncPayload, type Subjects } from "@osm/wire";
import { createFactVoice } from "./fact-voice.ts";
import type { Statement } from "./observations.ts";
import { createRemarkVoice } from "./remark-voice.ts";
import { sameIf } from "./same-if.ts";

/** Keeps facts and remarks on the bus, and says when lists are complete. */
export interface Speaker {
  /** To be told what stands: watches of facts and of remarks. */
  readonly facts: Pick<Writer, "adopt" | "forget">;
  readonly remarks: Pick<Writer, "adopt" | "forget">;
  /** Which life of the stream the facts' writer knows. */
  livesIn(incarnation: string): void;
  /** Says what changed, and was observed then, unless another watcher has already said something newer of the object. */
  one(statement: Statement, observedAt: number): Promise<void>;
  /** Says everything of these kinds, withdraws the rest of them, and completes their barriers. */
  all(statements: readonly Statement[], kinds: ReadonlySet<FactKind>): Promise<void>;
}

interface SpeakerDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly now: () => number;
  readonly log: Log;
}

export function createSpeaker({ bus, subjects, now, log }: SpeakerDeps): Speaker {
  const facts = createFactVoice({ bus, subjects, now, log });
  const remarks = createRemarkVoice({ bus, subjects, log });
  let incarnation: string | undefined;

  const one = async (statement: Statement, observedAt?: number): Promise<number> => {
    const seq = await facts.say(statement, observedAt);
    if (seq !== undefined) await remarks.say(statement);
    return seq ?? 0;
  };
  const complete = async (life: string | undefined, through: number, kinds: ReadonlySet<FactKind>): Promise<void> => {
    // Of a stream that was lost meanwhile nothing is complete: its reset makes us say all again.
    if ((await bus.incarnation()) !== life) return;
    for (const kind of factKinds.filter((each) => kinds.has(each))) {
      const barrier = createWriter(bus, sameIf((bytes) => decodeJson(syncPayload, bytes).incarnation));
      await barrier.write(subjects.sync(kind), encodeJson({ incarnation: life, through }));
    }
  };

  return {
    facts,
    remarks,
    livesIn: (life) => {
      incarnation = life;
    },
    one: async (statement, observedAt) => void (await one(statement, observedAt)),
    all: async (statements, kinds) => {
      const life = incarnation;
      let through = 0;
      for (const statement of statements) through = Math.max(through, await one(statement));
      through = Math.max(through, await facts.withdrawOthers(statements, kinds));
      await remarks.withdrawOthers(statements, kinds);
      await complete(life, through, kinds);
      log.info({ kinds: [...kinds], objects: statements.length, through }, "list said");
    },
  };
}
