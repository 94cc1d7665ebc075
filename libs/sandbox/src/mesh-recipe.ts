import { captureSettings, iptablesRules, podAddressRule, sidecarArgs, trustFiles, type CaptureInput, type CaptureSettings, type EnvoyLogLevel, type IpFamily, type XdsAddress } from "@osm/inject";
import type { SidecarPod, SidecarRecipe } from "./sidecar.ts";
import type { TokenIssuer } from "./token-issuer.ts";
import { userIds } from "./user-ids.ts";

export interface MeshSidecars {
  /** Where the pod finds the xDS servers; on this machine they are at its `hostAddress`. */
  readonly xds: (pod: SidecarPod) => XdsAddress;
  /** Lines for /etc/hosts of pods, where the servers are found by name. */
  readonly hosts?: () => readonly string[];
  /** The roots of the mesh at the time of asking, PEM. */
  readonly roots: () => readonly string[];
  readonly tokens: TokenIssuer;
  readonly audience: string;
  readonly tokenLifetimeSec: number;
  /** Of all pods alike, or of each. */
  readonly capture: CaptureInput | ((pod: SidecarPod) => CaptureInput);
  readonly logLevel: EnvoyLogLevel;
  /** As the injector has it when left out. */
  readonly drainSec?: number;
}

/** Tells the sidecar's packets from the app's where both have the same user. */
const packetMark = 1500;

/** Sidecars exactly as the injector makes them, but for the paths of their files, and for a mark where uid 1500 cannot be had. */
export function meshRecipe({ xds, hosts, roots, capture, logLevel, tokens, audience, tokenLifetimeSec, drainSec }: MeshSidecars): SidecarRecipe {
  const marked = userIds() === "one";
  const settingsOf = (pod: SidecarPod) => {
    const input = typeof capture === "function" ? capture(pod) : capture;
    return captureSettings(marked ? { ...input, proxyTraffic: { kind: "mark", mark: packetMark } } : input);
  };
  return {
    rules: (pod, family) => rulesOf(settingsOf(pod), pod, family),
    ...(hosts === undefined ? {} : { hosts }),
    envoyArgs: (pod) => {
      const { uid: podUid, namespace, serviceAccount, trustDir } = pod;
      return sidecarArgs({ podUid, namespace, serviceAccount, trustDir, xds: xds(pod), logLevel, concurrency: 1, ...(drainSec === undefined ? {} : { drainSec }), ...(marked ? { packetMark } : {}) });
    },
    trust: (pod) => trustFiles({ trustDir: pod.trustDir, tokenDir: pod.tokenDir, serverName: xds(pod).serverName, roots: roots() }),
    tokens,
    audience,
    tokenLifetimeSec,
  };
}

/** As osm-init lays them. */
function rulesOf(capture: CaptureSettings, { ip, ip6 }: SidecarPod, family: IpFamily): string {
  const address = family === "ipv4" ? ip : ip6;
  return iptablesRules(capture, family) + (capture.localProxyMode === "PodIP" && address !== undefined ? podAddressRule(capture, family, address) : "");
}
