import type { JsonObject } from "./json.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import type { JsonPatch } from "./json-patch.ts";
import type { Container, Pod } from "./pod.ts";
import { part } from "./sidecar-names.ts";

/**
 * Lets each container of an app go on for some seconds before it is told to end, so that its callers have heard that it goes.
 * A container that has a hook of its own keeps it; a pod that ends by itself has no callers to wait for.
 */
export function stopLater({ spec }: Pod, settings: InjectionSettings): JsonPatch {
  const seconds = stopDelay(spec.terminationGracePeriodSeconds, settings);
  if (seconds === 0 || !settings.sleepHooks || spec.restartPolicy !== "Always") return [];
  return spec.containers.flatMap((container, at) => (container.name === part.proxy ? [] : hook(container, { path: `/spec/containers/${at}/lifecycle`, preStop: { sleep: { seconds } } })));
}

/** Never more than half of the time that the pod has to end. */
export function stopDelay(graceSec: number, { stopDelaySec }: Pick<InjectionSettings, "stopDelaySec">): number {
  return Math.min(stopDelaySec, Math.floor(graceSec / 2));
}

function hook({ lifecycle }: Container, { path, preStop }: { readonly path: string; readonly preStop: JsonObject }): JsonPatch {
  if (lifecycle?.preStop) return [];
  return lifecycle ? [{ op: "add", path: `${path}/preStop`, value: preStop }] : [{ op: "add", path, value: { preStop } }];
}
