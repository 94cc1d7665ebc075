import { createWriter, type Bus, type Writer } from "@osm/bus";
import { digestOfJson, factKinds, refParts, type FactKind } from "@osm/model";
import type { Log } from "@osm/runtime";
import { decodeJson, encodeJson, factPayload, originHeaders, type Subjects } from "@osm/wire";
import { createAges } from "./ages.ts";
import type { Statement } from "./observations.ts";
import { Overtaken, yieldingToNewer } from "./overtaken.ts";
import { sameIf, withdrawOthers } from "./same-if.ts";

/** Says facts on the bus. */
export interface FactVoice extends Pick<Writer, "adopt" | "forget"> {
  /**
   * `observedAt` where it tells of a change, not of a list. @returns the number of the entry that stands; undefined when another
   * watcher has said something newer of the object.
   */
  say(statement: Statement, observedAt?: number): Promise<number | undefined>;
  /** Withdraws all facts of these kinds but those of the statements. @returns the number of the newest entry, 0 for none. */
  withdrawOthers(statements: readonly Statement[], kinds: ReadonlySet<FactKind>): Promise<number>;
}

interface VoiceDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly now: () => number;
  readonly log: Log;
}

export function createFactVoice({ bus, subjects, now, log }: VoiceDeps): FactVoice {
  const ages = createAges();
  const writer = createWriter(yieldingToNewer(bus, ages), sameIf((bytes) => digestOfJson(decodeJson(factPayload, bytes).fact)));
  return {
    adopt: (entry) => {
      writer.adopt(entry);
      ages.adopt(entry);
    },
    forget: () => {
      writer.forget();
      ages.forget();
    },
    say: async ({ ref, fact, at }, observedAt) => {
      const subject = subjectOf(subjects, ref);
      const headers = { ...ages.headersOf(at), ...originHeaders({ trace: undefined, observedAt }) };
      const write = () => writer.write(subject, fact && encodeJson({ fact, observedAt: observedAt ?? now() }), headers);
      const seq = ages.isOlder(subject, at) ? undefined : await unlessOvertaken(write());
      if (seq !== undefined) ages.note(subject, seq, at);
      log.debug({ ref, seq, gone: fact === undefined }, seq === undefined ? "another watcher has said something newer" : "fact said");
      return seq;
    },
    withdrawOthers: async (statements, kinds) => {
      const kept = new Set(statements.filter(({ fact }) => fact).map(({ ref }) => subjectOf(subjects, ref)));
      return await withdrawOthers(writer, (subject) => isOf(kinds, subjects.factKey(subject)?.kind), kept);
    },
  };
}

async function unlessOvertaken(written: Promise<number>): Promise<number | undefined> {
  try {
    return await written;
  } catch (error) {
    if (error instanceof Overtaken) return undefined;
    throw error;
  }
}

function isOf(kinds: ReadonlySet<FactKind>, kind: FactKind | undefined): boolean {
  return kind !== undefined && kinds.has(kind);
}

function subjectOf(subjects: Subjects, ref: Statement["ref"]): string {
  const { kind, namespace, name } = refParts(ref);
  const known = factKinds.find((each) => each === kind);
  if (!known) throw new TypeError(`no fact is made of a ${kind}`);
  return subjects.fact(known, namespace, name);
}
