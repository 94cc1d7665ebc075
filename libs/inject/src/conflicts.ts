import { isInjected } from "./injected.ts";
import { staysBeside, type Container, type Pod } from "./pod.ts";
import { proxyUid, sidecarPorts } from "./ports.ts";
import { part } from "./sidecar-names.ts";

/** Why a pod cannot hold a sidecar, as a sentence for the one who made it; undefined when it can. */
export function conflictOf(pod: Pod): string | undefined {
  return windows(pod) ?? takenName(pod) ?? takenUid(pod) ?? takenPort(pod);
}

function windows({ spec }: Pod): string | undefined {
  const isWindows = spec.os?.name === "windows" || spec.nodeSelector["kubernetes.io/os"] === "windows";
  return isWindows ? "a pod for Windows cannot have a sidecar: there is no Envoy for Windows any more" : undefined;
}

/** On a pod that was injected before, these names are ours and are made anew. */
function takenName(pod: Pod): string | undefined {
  if (isInjected(pod)) return undefined;
  const { containers, initContainers, volumes } = pod.spec;
  const names = [...containers, ...(initContainers ?? []), ...(volumes ?? [])].map(({ name }) => name);
  const taken = Object.values(part).find((name) => names.includes(name));
  return taken === undefined ? undefined : `the name ${taken} is the sidecar's: rename it in the pod`;
}

/** What runs as the proxy's uid is taken for the proxy, and would leave the pod past every policy. */
function takenUid({ spec }: Pod): string | undefined {
  const alongside = (spec.initContainers ?? []).filter(staysBeside);
  const runsAsProxy = ({ name, securityContext }: Container): boolean =>
    name !== part.proxy && name !== part.init && (securityContext?.runAsUser ?? spec.securityContext) === proxyUid;
  const found = [...spec.containers, ...alongside].find(runsAsProxy);
  return found === undefined ? undefined : `container ${found.name} runs as uid ${proxyUid}, which is the sidecar's: give it another`;
}

const reserved: ReadonlySet<number> = new Set(Object.values(sidecarPorts));

/** The pod's containers share one network: the second to listen on a port fails. */
function takenPort({ spec }: Pod): string | undefined {
  const alongside = [...spec.containers, ...(spec.initContainers ?? []).filter(staysBeside)].filter(({ name }) => name !== part.proxy);
  for (const { name, ports } of alongside) {
    const taken = ports?.find(({ containerPort, protocol }) => (protocol ?? "TCP") === "TCP" && reserved.has(containerPort));
    if (taken !== undefined) return `container ${name} has port ${taken.containerPort}, which is the sidecar's: give it another`;
  }
  return undefined;
}
