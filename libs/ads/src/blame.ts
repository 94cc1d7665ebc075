import type { VersionedName } from "./protocol.ts";
import type { Batch } from "./stream-state.ts";

/** Who is to blame for a rejected response, and what has to be sent alone, batch by batch, to find out. */
export interface Blame {
  readonly guilty: readonly VersionedName[];
  readonly trials: readonly Batch[];
}

/**
 * A single put is guilty, and so is the only one that Envoy's words name. When they name several, each is tried alone,
 * for a name may also be there as a bystander (`X has the same address as Y`). When they name none, halves are tried,
 * after the removals, which may free what the puts take.
 */
export function blame(batch: Batch, words: string): Blame {
  const named = batch.put.length === 1 ? batch.put : batch.put.filter((put) => occursIn(words, put.name));
  if (named.length === 1) return { guilty: named, trials: [] };
  if (named.length === 0) return { guilty: [], trials: halves(batch) };

  const rest = { put: batch.put.filter((put) => !named.includes(put)), removed: batch.removed };
  return { guilty: [], trials: nonEmpty([rest, ...named.map((put) => ({ put: [put], removed: [] }))]) };
}

function halves({ put, removed }: Batch): readonly Batch[] {
  const middle = Math.ceil(put.length / 2);
  return nonEmpty([
    { put: [], removed },
    { put: put.slice(0, middle), removed: [] },
    { put: put.slice(middle), removed: [] },
  ]);
}

function nonEmpty(batches: readonly Batch[]): readonly Batch[] {
  return batches.filter((batch) => batch.put.length + batch.removed.length > 0);
}

/** True when the name stands in the text as a word of its own: `10.0.0.1:80` is not in `10.0.0.1:8080`. */
export function occursIn(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0 && name !== ""; at = text.indexOf(name, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + name.length, at + name.length + 2);
    if (!/\w[-./:|]?$/.test(before) && !/^[-./:|]?\w/.test(after)) return true;
  }
  return false;
}
