import { tokenAudience } from "@osm/wire";
import { stopDelay } from "./app-stop.ts";
import { sidecarArgs } from "./bootstrap.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import type { Json, JsonObject } from "./json.ts";
import { readyProbe, untilAppEnded, untilReady } from "./lifecycle.ts";
import { proxyUid, sidecarPorts } from "./ports.ts";
import type { Probed } from "./probe.ts";
import type { SidecarMode } from "./sidecar-mode.ts";
import { part } from "./sidecar-names.ts";
import { tokenFile } from "./trust-files.ts";

type Part = JsonObject & { readonly name: string };

/**
 * Where a sidecar finds its files. Two volumes, each mounted whole: a volume changes by a rename in its own top directory,
 * and that is where Envoy looks.
 */
export const sidecarDirs = { trustDir: "/etc/osm/trust", tokenDir: "/etc/osm/token" } as const;
/** Where osm-init leaves the proxy's helper. */
export const programsDir = "/etc/osm/bin";

/** The ConfigMap that must be in each namespace of the mesh: its data is `trustFiles` for `sidecarDirs`. */
export function trustConfigMap(mesh: string): string {
  return `osm-trust-${mesh}`;
}

export function volumes({ mesh, tokenSeconds }: InjectionSettings, mode: SidecarMode): readonly Part[] {
  const token = { audience: tokenAudience(mesh), expirationSeconds: tokenSeconds, path: tokenFile };
  return [
    { name: part.trust, projected: { sources: [{ configMap: { name: trustConfigMap(mesh) } }] } },
    { name: part.token, projected: { sources: [{ serviceAccountToken: token }] } },
    ...(mode === "container" ? [{ name: part.programs, emptyDir: { sizeLimit: "16Mi" } }] : []),
  ];
}

/** What the proxy of one pod is made of. */
export interface ProxyParts {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly mode: SidecarMode;
  readonly probed: readonly Probed[];
  readonly graceSec: number;
  readonly scraped: boolean;
}

export function proxyContainer(parts: ProxyParts, settings: InjectionSettings): Part {
  const { envoyImage, imagePullPolicy, proxyResources } = settings;
  return {
    name: part.proxy,
    image: envoyImage,
    imagePullPolicy,
    args: argsOf(parts, settings),
    env: [
      fromPod("POD_UID", "metadata.uid"),
      fromPod("POD_NAME", "metadata.name"),
      fromPod("POD_NAMESPACE", "metadata.namespace"),
      fromPod("POD_IP", "status.podIP"),
      fromPod("SERVICE_ACCOUNT", "spec.serviceAccountName"),
    ],
    ports: portsOf(parts),
    ...withResources(proxyResources),
    ...standing(parts, settings),
    securityContext: {
      runAsUser: proxyUid,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumeMounts: [
      { name: part.trust, mountPath: sidecarDirs.trustDir, readOnly: true },
      { name: part.token, mountPath: sidecarDirs.tokenDir, readOnly: true },
      ...(parts.mode === "container" ? [{ name: part.programs, mountPath: programsDir, readOnly: true }] : []),
    ],
  };
}

function argsOf({ namespace, serviceAccount, probed, scraped }: ProxyParts, { xds, logLevel, concurrency, ipFamily }: InjectionSettings): readonly string[] {
  return sidecarArgs({ namespace, serviceAccount, xds, trustDir: sidecarDirs.trustDir, logLevel, concurrency, probes: { probed, ipFamily, scraped } });
}

/** How the proxy outlives the app on both ends: by hooks where it is a container, by the kubelet itself where it is native. */
function standing({ mode, graceSec }: ProxyParts, settings: InjectionSettings): JsonObject {
  const readinessProbe = readyProbe(10, 3);
  switch (mode) {
    case "native":
      return { restartPolicy: "Always", startupProbe: readyProbe(1, 600), readinessProbe };
    case "container":
      return { readinessProbe, lifecycle: { postStart: untilReady(programsDir), preStop: untilAppEnded(programsDir, stopDelay(graceSec, settings)) } };
  }
}

function portsOf({ probed }: ProxyParts): readonly Json[] {
  const { admin, inbound, metrics, liveness, readiness, startup } = sidecarPorts;
  const has = (field: Probed["field"]): boolean => probed.some((each) => each.field === field && each.check.kind !== "tcp");
  return [
    port("proxy-admin", admin),
    port("proxy-inbound", inbound),
    port("proxy-metrics", metrics),
    ...(has("livenessProbe") ? [port("liveness-port", liveness)] : []),
    port("readiness-port", readiness),
    ...(has("startupProbe") ? [port("startup-port", startup)] : []),
  ];
}

export function fromPod(name: string, fieldPath: string): JsonObject {
  // The API server would fill in the version, and a second look at the pod would find it changed.
  return { name, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } };
}

function port(name: string, containerPort: number): JsonObject {
  return { name, containerPort, protocol: "TCP" };
}

export function withResources({ limits, requests }: InjectionSettings["proxyResources"]): { readonly resources?: Json } {
  const resources = { ...(limits && { limits }), ...(requests && { requests }) };
  return Object.keys(resources).length === 0 ? {} : { resources };
}
