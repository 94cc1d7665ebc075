import { podUid, type Fact, type Identity, type PodFact, type TrafficSplitFact } from "@osm/model";
import { podFact, serviceFact, shopFacts, sliceFact, targetFact, groupFact, type Mode } from "../shop.ts";

/** A mesh under load. */
export interface Load {
  readonly services: number;
  /** Of each service. */
  readonly endpoints: number;
  /** Permissive: the proxies are the services' own pods. SMI: they are pods of one caller that may reach every service. */
  readonly mode: Mode;
  readonly proxies: number;
}

/** A pod that opens a stream. */
export interface LoadProxy {
  readonly uid: string;
  readonly identity: Identity;
}

export const changeKinds = ["endpoint", "split"] as const;
export type ChangeKind = (typeof changeKinds)[number];

const caller = { namespace: "team-0", serviceAccount: "caller" } as const;
/** The service whose endpoints change, and the one whose traffic is split. */
const [moving, split] = [7, 5];

/** Everything that the cluster holds before the first change. */
export function factsOf(load: Load): readonly Fact[] {
  const { services, endpoints, mode } = load;
  const all = Array.from({ length: services }, (_, at) => at);
  const base = shopFacts({ services: 0, mode });
  const namespaces = [...new Set(all.map((at) => serviceFact(at).namespace))].map((name) => ({ kind: "Namespace", namespace: "", name }) as const);
  const workloads = all.flatMap((at) => [...Array.from({ length: endpoints }, (_, replica) => podFact(at, replica)), serviceFact(at), sliceFact(at, endpoints)]);
  const policies = mode === "smi" ? all.flatMap((at) => [groupFact(at), { ...targetFact(at, services), sources: [caller] }]) : [];
  return [...base, ...namespaces, ...workloads, ...policies, ...callers(load), splitFact(0)];
}

/** The pods that open streams. */
export function proxiesOf({ services, mode, proxies }: Load): readonly LoadProxy[] {
  return Array.from({ length: proxies }, (_, at) => {
    const pod = mode === "smi" ? callerPod(at) : podFact(at % services, Math.floor(at / services));
    return { uid: pod.uid, identity: { namespace: pod.namespace, serviceAccount: pod.serviceAccount } };
  });
}

/** What is said in the nth change of a kind: each differs from the one before. */
export function changed({ endpoints }: Load, kind: ChangeKind, round: number): Fact {
  switch (kind) {
    case "endpoint":
      return sliceFact(moving, endpoints - ((round + 1) % 2));
    case "split":
      return splitFact(round + 1);
  }
}

function callers({ mode, proxies }: Load): readonly PodFact[] {
  return mode === "smi" ? Array.from({ length: proxies }, (_, at) => callerPod(at)) : [];
}

function callerPod(at: number): PodFact {
  const name = `caller-${at}`;
  return { kind: "Pod", ...caller, name, uid: podUid(`uid-${name}`), labels: { app: "caller" }, ips: [`10.200.${at >> 8}.${at & 255}`], ports: {}, meshed: true };
}

/** Half of the traffic goes to a neighbour, a little more or less each time. */
function splitFact(round: number): TrafficSplitFact {
  const { namespace, name } = serviceFact(split);
  const more = 50 + (round % 40);
  const backends = [{ service: name, weight: more }, { service: serviceFact(split + 1).name, weight: 100 - more }];
  return { kind: "TrafficSplit", namespace, name, service: name, backends, matches: [] };
}
