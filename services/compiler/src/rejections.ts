import { BusError, type Bus } from "@osm/bus";
import { originsOf, type CompiledMesh } from "@osm/compile";
import type { Finding, Identity, MeshState, Offering } from "@osm/model";
import type { VerdictPayload } from "@osm/wire";
import type { Standing } from "./read-verdicts.ts";

/** A condition is read on one screen; the whole of it is in the verdict. */
const longestDetail = 300;

/** Tells the authors of what was rejected, for as long as some view has it, in Envoy's words. */
export function rejections(state: MeshState, mesh: CompiledMesh, rejected: readonly Standing[]): readonly Finding[] {
  return rejected.flatMap(({ verdict }) => {
    const identities = accountsWith(mesh, verdict);
    const { name, words } = verdict;
    const detail = words.length > longestDetail ? `${words.slice(0, longestDetail - 1)}…` : words;
    const origins = identities.length === 0 ? [] : originsOf(state, { name, identities });
    return origins.map((on): Finding => ({ code: "RESOURCE_REJECTED", severity: "error", on, field: "", detail }));
  });
}

function accountsWith({ views, offerings }: CompiledMesh, { type, name, digest }: VerdictPayload): readonly Identity[] {
  const lists = ({ resources }: Pick<Offering, "resources">) => resources[type].some((each) => each.name === name && each.digest === digest);
  const offered = new Set(offerings.filter(lists).map(({ id }) => id));
  return views.filter((view) => offered.has(view.offering) || lists(view)).map(({ identity }) => identity);
}

/**
 * Withdraws verdicts that no view lists any more. One that was found in a view of a later fact than this compiler has read
 * is left to stand.
 */
export async function withdrawPast(bus: Bus, mesh: CompiledMesh, rejected: readonly Standing[]): Promise<void> {
  for (const { subject, seq, verdict } of rejected) {
    // What claims to follow from a fact that came after itself is of the stream before.
    const isLater = verdict.revision > mesh.revision && verdict.revision < seq;
    if (isLater || accountsWith(mesh, verdict).length > 0) continue;
    await withdrawLast(bus, subject, seq);
  }
}

/** Withdraws the entry of this number. Whoever wrote there meanwhile is heard next. */
export async function withdrawLast(bus: Bus, subject: string, expectedSeq: number): Promise<void> {
  try {
    await bus.publish(subject, undefined, { expectedSeq });
  } catch (err) {
    if (!(err instanceof BusError) || err.code !== "WrongSequence") throw err;
  }
}
