import { expect } from "vitest";
import type { RealCluster } from "../../cluster/for-tests.ts";
import { loadFrom, type Counts, type Place } from "./apps.ts";

/** A pod that calls a URL, 75 times a second over ten connections. */
export interface Caller extends Place {
  readonly url: string;
}

/** Every answer that was not 200 while the work was done, of each caller; and that each called all the while. */
export async function failedDuring(cluster: RealCluster, callers: readonly Caller[], work: () => Promise<void>): Promise<readonly Counts[]> {
  const loads = await Promise.all(callers.map((caller) => loadFrom(cluster, caller, caller.url)));
  const began = performance.now();
  const done = await work().then(() => undefined, (error: unknown) => ({ error }));
  const seconds = (performance.now() - began) / 1000;
  const ends = await Promise.all(loads.map((load) => load.end()));
  if (done) throw done.error;
  return ends.map(({ sent, answers, changes }) => {
    const { 200: well = 0, ...failed } = answers;
    expect(sent / seconds).toBeGreaterThan(50);
    expect(well + Object.values(failed).reduce((sum, count) => sum + count, 0)).toBe(sent);
    if (Object.keys(failed).length > 0) console.log(changes.join("\n"));
    console.log(`${sent} requests in ${seconds.toFixed(1)} s over 10 connections, failed: ${JSON.stringify(failed)}`);
    return failed;
  });
}
