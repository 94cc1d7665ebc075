import type { Bus } from "@osm/bus";

/** How many values stand below a filter, and the number of the newest write there, withdrawals included. */
export async function standingNow(bus: Bus, filter: string, signal: AbortSignal): Promise<{ readonly count: number; readonly newest: number }> {
  let [count, newest] = [0, 0];
  for await (const event of bus.watch(filter, { signal })) {
    if (event.kind === "current") break;
    if (event.kind !== "entry") continue;
    if (event.entry.bytes) count++;
    newest = Math.max(newest, event.entry.seq);
  }
  return { count, newest };
}
