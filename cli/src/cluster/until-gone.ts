import { sleep } from "@osm/runtime";
import type { OpenedCluster } from "./open-cluster.ts";

const everyMs = 300;
const longestMs = 120_000;

/** Asks until something is there no more. @returns false where it is still there after two minutes */
export async function untilGone({ signal }: OpenedCluster, isThere: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + longestMs;
  while (await isThere()) {
    if (performance.now() > end) return false;
    signal.throwIfAborted();
    await sleep(everyMs, signal);
  }
  return true;
}
