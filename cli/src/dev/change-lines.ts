import type { DevSession } from "./dev-session.ts";
import type { Change } from "./manifest-watch.ts";

const shownRefs = 3;

/** A line for each file that changed: its objects, and how long it took from the file to the last ACK. */
export async function changeLines(changes: readonly Change[], { settledAt }: Pick<DevSession, "settledAt">): Promise<readonly string[]> {
  const byFile = Map.groupBy(changes, ({ file }) => file);
  return await Promise.all([...byFile].map(async ([file, all]) => `${file}: ${await outcomeOf(all, settledAt)}`));
}

async function outcomeOf(changes: readonly Change[], settledAt: DevSession["settledAt"]): Promise<string> {
  const said = changes.flatMap(({ revision }) => (revision === undefined ? [] : [revision]));
  if (said.length === 0) return `${refsOf(changes)}: nothing for the mesh follows from it`;
  const startedAt = Math.min(...changes.map(({ at }) => at));
  try {
    const { at, proxies } = await settledAt(Math.max(...said));
    return `${refsOf(changes)}: ${proxies} proxies have it  [file to last ACK: ${Math.max(0, Math.round(at - startedAt))} ms]`;
  } catch (error) {
    return `${refsOf(changes)}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function refsOf(changes: readonly Change[]): string {
  const refs = [...new Set(changes.map(({ ref }) => ref))];
  const rest = refs.length - shownRefs;
  return `${refs.slice(0, shownRefs).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
