import { parseIdentityVersion } from "@osm/pki";
import type { Cancel, Clock } from "@osm/runtime";
import type { ProxyPayload } from "@osm/wire";
import { obtainIdentity, type IdentityDeps, type Issued } from "./identities.ts";
import type { World } from "./world.ts";

interface PodCertificatesDeps extends IdentityDeps {
  readonly world: World;
  readonly schedule: Clock["schedule"];
}

/** The certificates that were issued here: one for a proxy, however many streams it opens, and however often. */
export interface PodCertificates {
  /** The one it has, unless that is due to be renewed; undefined once the signal has aborted. */
  obtain(proxy: ProxyPayload, signal: AbortSignal): Promise<Issued | undefined>;
}

interface Pod {
  issued: Issued | undefined;
  issuing: Promise<void> | undefined;
  /** Ends the tries when nobody is left who wants it. */
  stop: AbortController;
  wanting: number;
  forget: Cancel;
}

/** A proxy that comes back sooner than this is given what it was given before; no key lies here for longer. */
const keptMs = 60_000;

export function createPodCertificates(deps: PodCertificatesDeps): PodCertificates {
  const pods = new Map<string, Pod>();
  const isGood = ({ identity, renewAt }: Issued) => deps.now() < renewAt && parseIdentityVersion(identity.version)?.issuer === deps.world.trust?.issuer;
  const issue = async (pod: Pod, { identity }: ProxyPayload) => {
    const issued = await obtainIdentity(identity, deps, pod.stop.signal);
    pod.issued = issued ?? pod.issued;
    pod.issuing = undefined;
  };
  const enter = (uid: string): Pod => {
    const pod = pods.get(uid) ?? { issued: undefined, issuing: undefined, stop: new AbortController(), wanting: 0, forget: () => {} };
    pods.set(uid, pod);
    pod.forget();
    if (pod.wanting++ === 0) pod.stop = new AbortController();
    return pod;
  };
  const leave = (uid: string, pod: Pod) => {
    if (--pod.wanting > 0) return;
    pod.stop.abort();
    pod.forget = deps.schedule(keptMs, () => void pods.delete(uid));
  };
  return {
    obtain: async (proxy, signal) => {
      if (signal.aborted) return undefined;
      const pod = enter(proxy.uid);
      signal.addEventListener("abort", () => leave(proxy.uid, pod), { once: true });
      const before = pod.issued;
      if (before && isGood(before)) return before;
      // A try that ended with the streams that wanted it is begun again for those that came after.
      while (!signal.aborted && pod.issued === before) await (pod.issuing ??= issue(pod, proxy));
      return signal.aborted ? undefined : pod.issued;
    },
  };
}
