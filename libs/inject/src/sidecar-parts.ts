import { tokenAudience } from "@osm/wire";
import { sidecarArgs } from "./bootstrap.ts";
import type { CaptureSettings } from "./capture-settings.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import { iptablesRules } from "./iptables.ts";
import type { Json, JsonObject } from "./json.ts";
import { proxyUid, sidecarPorts } from "./ports.ts";
import { tokenFile } from "./trust-files.ts";

/** Names within a pod. Those of the containers are OSM's. */
export const part = { proxy: "envoy", init: "osm-init", trust: "osm-trust", token: "osm-token" } as const;

type Part = JsonObject & { readonly name: string };

/**
 * Where a sidecar finds its files. Two volumes, each mounted whole: a volume changes by a rename in its own top directory,
 * and that is where Envoy looks.
 */
export const sidecarDirs = { trustDir: "/etc/osm/trust", tokenDir: "/etc/osm/token" } as const;

/** The ConfigMap that must be in each namespace of the mesh: its data is `trustFiles` for `sidecarDirs`. */
export function trustConfigMap(mesh: string): string {
  return `osm-trust-${mesh}`;
}

export function volumes({ mesh, tokenSeconds }: InjectionSettings): readonly Part[] {
  const token = { audience: tokenAudience(mesh), expirationSeconds: tokenSeconds, path: tokenFile };
  return [
    { name: part.trust, projected: { sources: [{ configMap: { name: trustConfigMap(mesh) } }] } },
    { name: part.token, projected: { sources: [{ serviceAccountToken: token }] } },
  ];
}

/** Writes the capture rules into the pod's network namespace, before any container of the app runs. */
export function initContainer(capture: CaptureSettings, settings: InjectionSettings): Part {
  const { initImage, imagePullPolicy, privilegedInitContainer, initResources } = settings;
  return {
    name: part.init,
    image: initImage,
    imagePullPolicy,
    command: ["/bin/sh", "-c", `iptables-restore --noflush <<'EOF'\n${iptablesRules(capture)}EOF\n`],
    env: [fromPod("POD_IP", "status.podIP")],
    ...withResources(initResources),
    securityContext: {
      runAsUser: 0,
      runAsNonRoot: false,
      privileged: privilegedInitContainer,
      // Where iptables is the older kind it opens a raw socket, and not every runtime grants that unasked.
      capabilities: { add: ["NET_ADMIN", "NET_RAW"] },
    },
  };
}

export function proxyContainer(workload: { readonly namespace: string; readonly serviceAccount: string }, settings: InjectionSettings): Part {
  const { envoyImage, imagePullPolicy, xds, logLevel, concurrency, proxyResources } = settings;
  return {
    name: part.proxy,
    image: envoyImage,
    imagePullPolicy,
    args: sidecarArgs({ ...workload, xds, trustDir: sidecarDirs.trustDir, logLevel, concurrency }),
    env: [
      fromPod("POD_UID", "metadata.uid"),
      fromPod("POD_NAME", "metadata.name"),
      fromPod("POD_NAMESPACE", "metadata.namespace"),
      fromPod("POD_IP", "status.podIP"),
      fromPod("SERVICE_ACCOUNT", "spec.serviceAccountName"),
    ],
    ports: [port("proxy-admin", sidecarPorts.admin), port("proxy-inbound", sidecarPorts.inbound), port("proxy-metrics", sidecarPorts.metrics)],
    ...withResources(proxyResources),
    securityContext: { runAsUser: proxyUid, runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [
      { name: part.trust, mountPath: sidecarDirs.trustDir, readOnly: true },
      { name: part.token, mountPath: sidecarDirs.tokenDir, readOnly: true },
    ],
  };
}

function fromPod(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function port(name: string, containerPort: number): JsonObject {
  return { name, containerPort };
}

function withResources({ limits, requests }: InjectionSettings["proxyResources"]): { readonly resources?: Json } {
  const resources = { ...(limits && { limits }), ...(requests && { requests }) };
  return Object.keys(resources).length === 0 ? {} : { resources };
}
