import {
  allFacts, compareCodePoints, distinct, factsIn, refOf, spiffeId,
  type AppProtocol, type Finding, type MeshState, type PodFact, type ServiceFact, type ServicePort, type SpiffeId, type Staged,
} from "@osm/model";
import type { ServicePortKey } from "./slices.ts";
import { podsBehind } from "./workloads.ts";

/** A place where a service port is called. */
export interface ServiceAddress {
  /** `<ip> <port>` */
  readonly at: string;
  /** The account of the pod there, for headless services. */
  readonly server: SpiffeId | undefined;
}

/** A service port as the mesh knows it, before anybody's rights are looked at. */
export interface CatalogEntry extends ServicePortKey {
  readonly protocol: AppProtocol;
  readonly headless: boolean;
  readonly addresses: readonly ServiceAddress[];
  readonly servers: readonly SpiffeId[];
}

/**
 * Every service port. Of two that claim one address and port the first by namespace and name has it: two listeners on one
 * address would be refused as a whole.
 */
export function catalog(state: MeshState, trustDomain: string): Staged<readonly CatalogEntry[]> {
  const taken = new Map<string, ServiceFact>();
  const findings: Finding[] = [];
  const entries = [...allFacts(state, "Service")].toSorted(byName).flatMap((service) => {
    const pods = podsBehind(state, service);
    const servers = distinct(pods.map(({ serviceAccount }) => serviceAccount)).map((serviceAccount) => spiffeId(trustDomain, { namespace: service.namespace, serviceAccount }));
    return service.ports.map((port) => {
      const wanted = service.headless ? podAddresses(state, { service, port, trustDomain }) : service.clusterIps.map((ip) => ({ at: `${ip} ${port.port}`, server: undefined }));
      const addresses = wanted.filter(({ at }) => !taken.has(at));
      if (!service.headless && addresses.length < wanted.length) findings.push(addressTaken(service, port));
      for (const { at } of addresses) taken.set(at, service);
      return entryOf(service, port, { addresses, servers });
    });
  });
  return { value: entries, findings };
}

function entryOf({ namespace, name, headless }: ServiceFact, { port, targetPort, protocol }: ServicePort, rest: Pick<CatalogEntry, "addresses" | "servers">): CatalogEntry {
  return { namespace, name, port, targetPort, protocol, headless, ...rest };
}

interface HeadlessPort {
  readonly service: ServiceFact;
  readonly port: ServicePort;
  readonly trustDomain: string;
}

/** Clients of a headless service call its pods. One that is not ready keeps its listener: somebody may be talking to it. */
function podAddresses(state: MeshState, { service, port, trustDomain }: HeadlessPort): readonly ServiceAddress[] {
  const pods = factsIn(state, "Pod", service.namespace);
  const slices = [...factsIn(state, "EndpointSlice", service.namespace).values()].filter((slice) => slice.service === service.name);
  const found = slices.flatMap((slice) => {
    const number = slice.ports.find(({ name }) => name === port.name)?.port;
    return number === undefined ? [] : slice.endpoints.map(({ address, pod }) => ({ at: `${address} ${number}`, server: serverOf(pods.get(pod), trustDomain) }));
  });
  return [...new Map(found.map((each) => [each.at, each])).values()].toSorted((a, b) => compareCodePoints(a.at, b.at));
}

function serverOf(pod: PodFact | undefined, trustDomain: string): SpiffeId | undefined {
  return pod && spiffeId(trustDomain, pod);
}

function byName(a: ServiceFact, b: ServiceFact): number {
  return compareCodePoints(a.namespace, b.namespace) || compareCodePoints(a.name, b.name);
}

function addressTaken(service: ServiceFact, { port }: ServicePort): Finding {
  return { code: "SERVICE_ADDRESS_TAKEN", severity: "error", on: refOf(service), field: `spec.ports[${port}]`, detail: service.clusterIps.join(",") };
}
