import { emptyState, foldAll, podUid, type EndpointSliceFact, type Fact, type HttpRouteGroupFact, type MeshState, type PodFact, type ServiceFact, type TrafficTargetFact } from "@osm/model";

export type Mode = "permissive" | "smi";

export interface Shop {
  readonly services: number;
  readonly mode: Mode;
}

/** Services in one namespace, as many as a team may have. */
const perNamespace = 100;
const podsEach = 2;
const namespaceOf = (at: number) => `team-${Math.floor(at / perNamespace)}`;
const accountOf = (at: number) => ({ namespace: namespaceOf(at), serviceAccount: `app-${at}` });

/** Services that each have an account, pods and endpoints of their own; with SMI, each may be called by the one before it. */
export function shopFacts({ services, mode }: Shop): readonly Fact[] {
  const all = Array.from({ length: services }, (_, at) => at);
  const namespaces = [...new Set(all.map(namespaceOf))].map((name) => ({ kind: "Namespace", namespace: "", name }) as const);
  const tls = { min: "TLSv1_2", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] } as const;
  const config = { kind: "MeshConfig", namespace: "osm-system", name: "osm-mesh-config", permissive: mode === "permissive", egress: false, tls } as const;
  const policies = all.flatMap((at) => [groupFact(at), targetFact(at, services)]);
  return [config, ...namespaces, ...all.flatMap(workloadFacts), ...(mode === "smi" ? policies : [])];
}

export function stateOf(facts: readonly Fact[]): MeshState {
  return foldAll(emptyState, facts.map((fact, at) => ({ observation: { fact }, revision: at + 1 })));
}

/** A service with its pods and their endpoints. */
export function workloadFacts(at: number): readonly Fact[] {
  const pods = Array.from({ length: podsEach }, (_, replica) => podFact(at, replica));
  return [...pods, serviceFact(at), sliceFact(at, podsEach)];
}

export function podFact(at: number, replica: number): PodFact {
  const { namespace, serviceAccount } = accountOf(at);
  const name = `app-${at}-${replica}`;
  const uid = podUid(`uid-${at}-${replica}`);
  return { kind: "Pod", namespace, name, uid, serviceAccount, labels: { app: `app-${at}` }, ips: [podIp(at, replica)], ports: { http: 8080 }, meshed: true };
}

export function serviceFact(at: number): ServiceFact {
  const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "http" }] as const;
  return { kind: "Service", namespace: namespaceOf(at), name: `app-${at}`, clusterIps: [`10.96.${at >> 8}.${at & 255}`], headless: false, selector: { app: `app-${at}` }, ports };
}

/** The endpoints of a service with so many ready pods. */
export function sliceFact(at: number, ready: number): EndpointSliceFact {
  const endpoints = Array.from({ length: ready }, (_, replica) => ({ address: podIp(at, replica), ready: true, pod: `app-${at}-${replica}` }));
  return { kind: "EndpointSlice", namespace: namespaceOf(at), name: `app-${at}-1`, service: `app-${at}`, ports: [{ name: "http", port: 8080 }], endpoints };
}

/** Who may call a service: the one before it, or these. */
export function targetFact(at: number, services: number, callers: readonly number[] = [(at + services - 1) % services]): TrafficTargetFact {
  const rules = [{ kind: "HTTPRouteGroup", name: `app-${at}`, matches: [] }] as const;
  return { kind: "TrafficTarget", namespace: namespaceOf(at), name: `app-${at}`, destination: accountOf(at), sources: callers.map(accountOf), rules };
}

/** What may be called of a service. */
export function groupFact(at: number): HttpRouteGroupFact {
  const matches = [
    { name: "read", pathRegex: `/v1/app-${at}/.*`, methods: ["GET"], headers: {} },
    { name: "write", pathRegex: `/v1/app-${at}/[0-9]+`, methods: ["POST"], headers: { "x-team": namespaceOf(at) } },
  ];
  return { kind: "HTTPRouteGroup", namespace: namespaceOf(at), name: `app-${at}`, matches };
}

function podIp(at: number, replica: number): string {
  return `10.${1 + replica}.${at >> 8}.${at & 255}`;
}
