import { annotation, unreadable } from "./annotations.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import { isInjected } from "./injected.ts";
import type { Pod } from "./pod.ts";
import { part } from "./sidecar-names.ts";

/** `container`: beside the app among the containers. `native`: an init container that stays, first among them (Kubernetes 1.29). */
export type SidecarMode = "container" | "native";
export type ModeDecision =
  | { readonly kind: "mode"; readonly mode: SidecarMode; readonly warnings: readonly string[] }
  | { readonly kind: "refuse"; readonly message: string };

/** How the proxy stands in a pod: as asked for, and natively in a pod that ends by itself, which a plain proxy would keep from ending. */
export function sidecarMode(pod: Pod, settings: InjectionSettings): ModeDecision {
  const asked = pod.metadata.annotations[annotation.sidecarMode] ?? (settings.sidecarMode === "native" ? "native" : undefined);
  switch (asked) {
    case "native":
      return settings.nativeSidecars ? decided("native") : refuse(`${annotation.sidecarMode}: native sidecars need Kubernetes 1.29 or later: ask for container`);
    case "container":
      return decided("container");
    case undefined:
      return byKind(pod, settings);
    default:
      return refuse(unreadable("pod", annotation.sidecarMode, "native or container"));
  }
}

/** A pod that was injected before stays as it is. */
function byKind(pod: Pod, { nativeSidecars }: InjectionSettings): ModeDecision {
  if (isInjected(pod)) return decided(pod.spec.containers.some(({ name }) => name === part.proxy) ? "container" : "native");
  if (pod.spec.restartPolicy === "Always") return decided("container");
  if (nativeSidecars) return decided("native");
  return decided("container", ["this pod ends by itself, and its proxy does not: without native sidecars (Kubernetes 1.29) the last command of the app has to POST to 127.0.0.1:15000/quitquitquit"]);
}

function decided(mode: SidecarMode, warnings: readonly string[] = []): ModeDecision {
  return { kind: "mode", mode, warnings };
}

function refuse(message: string): ModeDecision {
  return { kind: "refuse", message };
}
