import { createWriter, type Bus, type Writer } from "@osm/bus";
import { digestOf, type FactKind } from "@osm/model";
import type { Log } from "@osm/runtime";
import { encodeJson, type Subjects } from "@osm/wire";
import type { Statement } from "./observations.ts";
import { sameIf, withdrawOthers } from "./same-if.ts";

/** Says on the bus what is remarked on objects. */
export interface RemarkVoice extends Pick<Writer, "adopt" | "forget"> {
  say(statement: Statement): Promise<void>;
  /** Withdraws all remarks on objects of these kinds but those of the statements. */
  withdrawOthers(statements: readonly Statement[], kinds: ReadonlySet<FactKind>): Promise<void>;
}

export function createRemarkVoice({ bus, subjects, log }: { readonly bus: Bus; readonly subjects: Subjects; readonly log: Log }): RemarkVoice {
  const writer = createWriter(bus, sameIf(digestOf));
  const subjectOf = ({ ref }: Statement) => subjects.finding("watcher", ref);
  const all = subjects.findingsBy("watcher").replace(/>$/, "");
  return {
    adopt: writer.adopt,
    forget: writer.forget,
    say: async (statement) => {
      const { ref, source, findings } = statement;
      await writer.write(subjectOf(statement), findings.length === 0 ? undefined : encodeJson({ source, findings }));
      for (const { code, severity, field, detail } of findings) log.warn({ ref, source, code, severity, field, detail }, "object not taken as it is");
    },
    withdrawOthers: async (statements, kinds) => {
      const kept = new Set(statements.filter(({ findings }) => findings.length > 0).map(subjectOf));
      await withdrawOthers(writer, (subject) => [...kinds].some((kind) => subject.startsWith(`${all}${kind}.`)), kept);
    },
  };
}
