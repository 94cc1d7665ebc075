import { rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Running } from "./commands.ts";
import type { StopOptions } from "./pod.ts";
import type { Ground, PodParts } from "./start-pod.ts";

/** How long a container may take to end by itself after SIGTERM. */
const graceMs = 10_000;

/** The graceful way out of service: endpoints first, processes last. Ends early when the sandbox closes. */
export async function drainParts(ground: Ground, parts: PodParts, beforeKill: StopOptions["beforeKill"]): Promise<void> {
  parts.state = { ...parts.state, deletedAt: new Date().toISOString() };
  ground.cluster.setPod(parts.state);
  await untilAborted(beforeKill?.() ?? Promise.resolve(), ground.signal);
  for (const process of [parts.app, parts.envoy]) if (process) await terminate(process, ground.signal);
}

/** Kills what is left of the pod and removes it. Works on a pod that was started in part. */
export async function removeParts(ground: Ground, parts: PodParts): Promise<void> {
  const { state, place, netns } = parts;
  await ground.network.removePod(netns, state.ip);
  ground.cluster.removePod(state);
  rmSync(place.dir, { recursive: true, force: true });
}

async function terminate(process: Running, signal: AbortSignal): Promise<void> {
  process.kill("SIGTERM");
  const patience = new AbortController();
  const grace = wait(graceMs, undefined, { signal: AbortSignal.any([signal, patience.signal]) }).catch(() => undefined);
  await Promise.race([process.ended, grace]);
  patience.abort();
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  await Promise.race([work, promise]);
  signal.removeEventListener("abort", stop);
}
