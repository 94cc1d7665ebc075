import type { Pod } from "./pod.ts";
import { part } from "./sidecar-names.ts";

/** True for a pod that went through injection before, as when it is made from a copy of another. */
export function isInjected({ spec }: Pod): boolean {
  return (spec.volumes ?? []).some(({ name }) => name === part.token);
}
