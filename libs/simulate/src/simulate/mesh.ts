import { spiffeId, wholeLists, type Digest, type Offering, type PodFact, type ProxyFact, type Resource, type View } from "@osm/model";
import type { PodRef } from "../call.ts";
import { proxyOf, type Proxy } from "./proxy.ts";

/** A mesh whose Envoys have all taken what was compiled for them. */
export interface SimulatedMesh {
  /** Of a pod without a sidecar there is none. */
  readonly proxyAt: (pod: PodRef) => Proxy | undefined;
  readonly podAt: (address: string) => PodRef | undefined;
}

/** What a compilation yields, and the pods it was made of. */
export interface Configuration {
  readonly trustDomain: string;
  readonly views: readonly View[];
  readonly offerings: readonly Offering[];
  readonly proxies: readonly Pick<ProxyFact, "view" | "identity" | "namespace" | "pod">[];
  readonly resources: ReadonlyMap<Digest, Resource>;
  readonly assignments: readonly Resource[];
  readonly pods: Iterable<Pick<PodFact, "namespace" | "name" | "ips">>;
}

/** @throws Error where a view lists what was not compiled. */
export function simulatedMesh(config: Configuration): SimulatedMesh {
  const { proxies, pods } = config;
  const addresses = new Map([...pods].flatMap(({ namespace, name, ips }) => ips.map((ip) => [ip, `${namespace}/${name}`] as const)));
  const byPod = new Map(proxies.map((proxy) => [`${proxy.namespace}/${proxy.pod}`, proxy]));
  const open = new Map<PodRef, Proxy>();
  return {
    podAt: (address) => addresses.get(address),
    proxyAt: (pod) => {
      const found = open.get(pod);
      const fact = byPod.get(pod);
      if (found || !fact) return found;
      const made = proxyOf(spiffeId(config.trustDomain, fact.identity), resourcesOf(config, fact.view));
      open.set(pod, made);
      return made;
    },
  };
}

function resourcesOf({ views, offerings, resources, assignments }: Configuration, id: View["id"]): readonly Resource[] {
  const view = views.find((each) => each.id === id);
  if (!view) throw new Error(`there is no view ${id}`);
  const whole = wholeLists(offerings)(view);
  const listed = Object.values(whole.resources).flat().map(({ name, digest }) => {
    const found = resources.get(digest);
    if (!found) throw new Error(`view ${id} lists ${name}, which was not compiled`);
    return found;
  });
  const endpoints = whole.endpoints.map((name) => {
    const found = assignments.find((each) => each.name === name);
    if (!found) throw new Error(`view ${id} lists assignment ${name}, which was not compiled`);
    return found;
  });
  return [...listed, ...endpoints];
}
