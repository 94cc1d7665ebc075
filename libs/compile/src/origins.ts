import {
  allFacts, compareCodePoints, factsIn, refOf,
  type Fact, type Identity, type MeshState, type ObjectRef, type Resource, type TrafficRule,
} from "@osm/model";
import { linksOf } from "./slice/workloads.ts";

/** A resource, and the accounts of the proxies that get it. */
export interface Rendered extends Pick<Resource, "name"> {
  readonly identities: readonly Identity[];
}

/**
 * The user's objects that a resource was made of, in order: whom to tell when an Envoy refuses it. Read from the names that
 * `names.ts` gives. What no object of its own stands behind is the MeshConfig's.
 */
export function originsOf(state: MeshState, rendered: Rendered): readonly ObjectRef[] {
  const found = originsByName(state, rendered);
  const origins: readonly Origin[] = found.length > 0 ? found : [...allFacts(state, "MeshConfig")];
  return [...new Set(origins.map(refOf))].toSorted(compareCodePoints);
}

type Origin = Pick<Fact, "kind" | "namespace" | "name">;

const ofService = /^(?:rds-outbound\.)?([^/|]+)\/([^/|]+)\|/;
const ofAddress = /^(?:\[(.+)\]|([0-9.]+)):(\d+)$/;

function originsByName(state: MeshState, { name, identities }: Rendered): readonly Origin[] {
  const [, namespace, service] = ofService.exec(name) ?? [];
  if (namespace && service) return [...servicesAt(state, namespace, service), ...splitsOf(state, namespace, service)];
  const [, v6, v4, port] = ofAddress.exec(name) ?? [];
  if (port) return servicesWith(state, v6 ?? v4 ?? "", Number(port));
  return originsInbound(state, name, identities);
}

function originsInbound(state: MeshState, name: string, identities: readonly Identity[]): readonly Origin[] {
  if (name.startsWith("rds-inbound.")) return targetsFor(state, identities, "HTTPRouteGroup");
  if (name.startsWith("rbac-inbound.")) return targetsFor(state, identities, "TCPRoute");
  return name.startsWith("inbound-listener") || name.startsWith("local|") ? servicesInFrontOf(state, identities) : [];
}

function servicesAt(state: MeshState, namespace: string, name: string): readonly Origin[] {
  const fact = factsIn(state, "Service", namespace).get(name);
  return fact ? [fact] : [];
}

function splitsOf(state: MeshState, namespace: string, service: string): readonly Origin[] {
  const splits = [...factsIn(state, "TrafficSplit", namespace).values()].filter((split) => split.service === service);
  const groups = factsIn(state, "HTTPRouteGroup", namespace);
  return splits.flatMap((split) => [split, ...split.matches.flatMap((name) => groups.get(name) ?? [])]);
}

/** The service of a cluster address, or the headless one that a pod's address is of. */
function servicesWith(state: MeshState, ip: string, port: number): readonly Origin[] {
  const services = [...allFacts(state, "Service")];
  const direct = services.filter(({ clusterIps, ports }) => clusterIps.includes(ip) && ports.some((each) => each.port === port));
  if (direct.length > 0) return direct;
  const slices = [...allFacts(state, "EndpointSlice")].filter(({ endpoints }) => endpoints.some(({ address }) => address === ip));
  return services.filter((each) => each.headless && slices.some((slice) => slice.namespace === each.namespace && slice.service === each.name));
}

/** In permissive mode no target counts, and the MeshConfig says so. */
function targetsFor(state: MeshState, identities: readonly Identity[], kind: TrafficRule["kind"]): readonly Origin[] {
  const modes = [...allFacts(state, "MeshConfig")];
  if (modes.some(({ permissive }) => permissive)) return modes;
  const targets = [...allFacts(state, "TrafficTarget")].filter(({ destination, rules }) => rules.some((rule) => rule.kind === kind) && identities.some((each) => isSame(each, destination)));
  return targets.flatMap((target) => [target, ...target.rules.flatMap((rule) => (rule.kind === kind ? routesOf(state, target.namespace, rule) : []))]);
}

function routesOf(state: MeshState, namespace: string, { kind, name }: TrafficRule): readonly Origin[] {
  const fact = factsIn(state, kind, namespace).get(name);
  return fact ? [fact] : [];
}

function servicesInFrontOf(state: MeshState, identities: readonly Identity[]): readonly Origin[] {
  return [...new Set(identities.map(({ namespace }) => namespace))].flatMap((namespace) => {
    const pods = factsIn(state, "Pod", namespace);
    const { inFront } = linksOf(pods, factsIn(state, "Service", namespace));
    return [...pods.values()].filter((pod) => identities.some((each) => isSame(each, pod))).flatMap(({ name }) => inFront.get(name) ?? []);
  });
}

function isSame(a: Identity, b: Identity): boolean {
  return a.namespace === b.namespace && a.serviceAccount === b.serviceAccount;
}
