import { createWriter, type Bus, type Writer, type WriterOptions } from "@osm/bus";
import { digestOf, digestOfJson, factKinds, refParts } from "@osm/model";
import type { Log } from "@osm/runtime";
import { decodeJson, encodeJson, factPayload, syncPayload, type Subjects } from "@osm/wire";
import type { Statement } from "./observations.ts";

/** Keeps facts and remarks on the bus, and says when the list is complete. */
export interface Speaker {
  /** To be told what stands: watches of facts and of remarks. */
  readonly facts: Pick<Writer, "adopt" | "forget">;
  readonly remarks: Pick<Writer, "adopt" | "forget">;
  /** Which life of the stream the facts' writer knows. */
  livesIn(incarnation: string): void;
  one(statement: Statement): Promise<void>;
  /** Says everything, withdraws the rest, and completes the barrier of each kind. */
  all(statements: readonly Statement[]): Promise<void>;
}

interface SpeakerDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly now: () => number;
  readonly log: Log;
}

export function createSpeaker({ bus, subjects, now, log }: SpeakerDeps): Speaker {
  const facts = createWriter(bus, sameIf((bytes) => digestOfJson(decodeJson(factPayload, bytes).fact)));
  const remarks = createWriter(bus, sameIf(digestOf));
  let incarnation: string | undefined;

  const one = async (statement: Statement): Promise<number> => {
    const { ref, fact, source, findings } = statement;
    const seq = await facts.write(factSubject(subjects, statement), fact && encodeJson({ fact, observedAt: now() }));
    await remarks.write(subjects.finding("watcher", ref), findings.length === 0 ? undefined : encodeJson({ source, findings }));
    for (const { code, severity, field, detail } of findings) log.warn({ ref, source, code, severity, field, detail }, "object not taken as it is");
    log.debug({ ref, seq, gone: fact === undefined }, "fact said");
    return seq;
  };

  const complete = async (life: string | undefined, through: number): Promise<void> => {
    // Of a stream that was lost meanwhile nothing is complete: its reset makes us say all again.
    if ((await bus.incarnation()) !== life) return;
    for (const kind of factKinds) {
      const barrier = createWriter(bus, { ...sameIf((bytes) => decodeJson(syncPayload, bytes).incarnation), yieldsTo: () => false });
      await barrier.write(subjects.sync(kind), encodeJson({ incarnation: life, through }));
    }
  };

  return {
    facts,
    remarks,
    livesIn: (life) => {
      incarnation = life;
    },
    one: async (statement) => void (await one(statement)),
    all: async (statements) => {
      const life = incarnation;
      let through = 0;
      for (const statement of statements) through = Math.max(through, await one(statement));
      through = Math.max(through, await withdrawOthers(facts, new Set(statements.filter(({ fact }) => fact).map((each) => factSubject(subjects, each)))));
      await withdrawOthers(remarks, new Set(statements.filter(({ findings }) => findings.length > 0).map(({ ref }) => subjects.finding("watcher", ref))));
      await complete(life, through);
      log.info({ objects: statements.length, through }, "list said");
    },
  };
}

/** Of what somebody else left there and nobody can read only its bytes can be compared. */
function sameIf(sameAs: (bytes: Uint8Array) => string): WriterOptions {
  return {
    sameAs: (bytes) => {
      try {
        return sameAs(bytes);
      } catch {
        return `unreadable ${digestOf(bytes)}`;
      }
    },
    yieldsTo: () => false,
  };
}

async function withdrawOthers(writer: Writer, said: ReadonlySet<string>): Promise<number> {
  let newest = 0;
  for (const subject of [...writer.standing()]) if (!said.has(subject)) newest = Math.max(newest, await writer.write(subject, undefined));
  return newest;
}

function factSubject(subjects: Subjects, { ref }: Statement): string {
  const { kind, namespace, name } = refParts(ref);
  const known = factKinds.find((each) => each === kind);
  if (!known) throw new TypeError(`no fact is made of a ${kind}`);
  return subjects.fact(known, namespace, name);
}
