import { captureScript } from "./capture-script.ts";
import type { CaptureSettings } from "./capture-settings.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import type { JsonObject } from "./json.ts";
import type { SidecarMode } from "./sidecar-mode.ts";
import { part } from "./sidecar-names.ts";
import { fromPod, programsDir, withResources } from "./sidecar-parts.ts";

/** Writes the capture rules into the pod's network namespace, and leaves the helper that a plain proxy needs. */
export function initContainer({ capture, mode }: { readonly capture: CaptureSettings; readonly mode: SidecarMode }, settings: InjectionSettings): JsonObject & { readonly name: string } {
  const { initImage, imagePullPolicy, privilegedInitContainer, initResources } = settings;
  const needsHelper = mode === "container";
  return {
    name: part.init,
    image: initImage,
    imagePullPolicy,
    command: ["/bin/sh", "-c", captureScript(capture, needsHelper)],
    env: [fromPod("POD_IP", "status.podIP"), ...(capture.localProxyMode === "PodIP" ? [fromPod("POD_IPS", "status.podIPs")] : [])],
    ...withResources(initResources),
    securityContext: {
      runAsUser: 0,
      runAsNonRoot: false,
      privileged: privilegedInitContainer,
      // Where iptables is the older kind it opens a raw socket, and not every runtime grants that unasked.
      capabilities: { add: ["NET_ADMIN", "NET_RAW"] },
    },
    ...(needsHelper ? { volumeMounts: [{ name: part.programs, mountPath: programsDir }] } : {}),
  };
}
