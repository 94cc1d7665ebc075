import type { CaptureSettings } from "./capture-settings.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import { iptablesRules } from "./iptables.ts";
import type { JsonObject } from "./json.ts";
import { helperIn } from "./lifecycle.ts";
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
    command: ["/bin/sh", "-c", script(capture, needsHelper)],
    env: [fromPod("POD_IP", "status.podIP")],
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

/**
 * IPv6 is captured wherever the pod has it, link-local addresses included: left alone it would lead past every policy. The shell's
 * own words and the named programs are all that the image has to hold.
 */
function script(capture: CaptureSettings, needsHelper: boolean): string {
  return [
    "set -e",
    ...(needsHelper ? [`helper=$(command -v busybox) || { echo "osm-init: the image has no busybox, which the proxy needs" >&2; exit 1; }`, `"$helper" cp "$helper" ${helperIn(programsDir)}`] : []),
    restore("iptables", iptablesRules(capture)),
    "ipv6=",
    `if [ -r ${interfaces} ]; then while read -r line; do case "$line" in *" lo") ;; *) ipv6=yes ;; esac; done < ${interfaces}; fi`,
    `if [ -n "$ipv6" ]; then`,
    restore("ip6tables", iptablesRules(capture, "ipv6")),
    "fi",
    "",
  ].join("\n");
}

/** A line for each IPv6 address of the pod, its interface last. */
const interfaces = "/proc/net/if_inet6";

function restore(program: string, document: string): string {
  return `${program}-restore --noflush <<'EOF'\n${document}EOF`;
}
