import { captureSettings, iptablesRules, sidecarArgs, trustFiles, type CaptureInput, type EnvoyLogLevel, type XdsAddress } from "@osm/inject";
import type { SidecarPod, SidecarRecipe } from "./sidecar.ts";
import type { TokenIssuer } from "./token-issuer.ts";

export interface MeshSidecars {
  /** Where the pod finds the xDS servers; on this machine they are at its `hostAddress`. */
  readonly xds: (pod: SidecarPod) => XdsAddress;
  /** The roots of the mesh at the time of asking, PEM. */
  readonly roots: () => readonly string[];
  readonly tokens: TokenIssuer;
  readonly audience: string;
  readonly tokenLifetimeSec: number;
  readonly capture: CaptureInput;
  readonly logLevel: EnvoyLogLevel;
}

/** Sidecars exactly as the injector makes them, but for the paths of their files. */
export function meshRecipe({ xds, roots, capture, logLevel, tokens, audience, tokenLifetimeSec }: MeshSidecars): SidecarRecipe {
  const rules = iptablesRules(captureSettings(capture));
  return {
    rules: () => rules,
    envoyArgs: (pod) => {
      const { uid: podUid, namespace, serviceAccount, trustDir } = pod;
      return sidecarArgs({ podUid, namespace, serviceAccount, trustDir, xds: xds(pod), logLevel, concurrency: 1 });
    },
    trust: (pod) => trustFiles({ trustDir: pod.trustDir, tokenDir: pod.tokenDir, serverName: xds(pod).serverName, roots: roots() }),
    tokens,
    audience,
    tokenLifetimeSec,
  };
}
