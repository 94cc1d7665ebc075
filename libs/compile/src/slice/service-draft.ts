import { compareCodePoints, distinct, spiffeId, type AppProtocol, type EndpointSliceFact, type PodFact, type ServiceFact, type ServicePort, type SpiffeId } from "@osm/model";
import type { ServicePortKey } from "./slices.ts";

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

/** A service with its ports as they would be if nobody else claimed their addresses. */
export interface ServiceDraft {
  readonly service: ServiceFact;
  readonly entries: readonly CatalogEntry[];
}

interface Behind {
  /** Of the pods behind it. */
  readonly accounts: Iterable<string>;
  readonly pods: ReadonlyMap<string, PodFact>;
  /** Its own; read for a headless service only. */
  readonly slices: readonly EndpointSliceFact[];
  readonly trustDomain: string;
}

export function draftOf(service: ServiceFact, behind: Behind): ServiceDraft {
  const { namespace, name, headless } = service;
  const servers = distinct(behind.accounts).map((serviceAccount) => spiffeId(behind.trustDomain, { namespace, serviceAccount }));
  const entries = service.ports.map((port) => {
    const addresses = headless ? podAddresses(port, behind) : service.clusterIps.map((ip) => ({ at: `${ip} ${port.port}`, server: undefined }));
    return { namespace, name, port: port.port, targetPort: port.targetPort, protocol: port.protocol, headless, addresses, servers };
  });
  return { service, entries };
}

/** Clients of a headless service call its pods. One that is not ready keeps its listener: somebody may be talking to it. */
function podAddresses(port: ServicePort, { pods, slices, trustDomain }: Behind): readonly ServiceAddress[] {
  const found = slices.flatMap((slice) => {
    const number = slice.ports.find(({ name }) => name === port.name)?.port;
    return number === undefined ? [] : slice.endpoints.map(({ address, pod }) => ({ at: `${address} ${number}`, server: serverOf(pods.get(pod), trustDomain) }));
  });
  return [...new Map(found.map((each) => [each.at, each])).values()].toSorted((a, b) => compareCodePoints(a.at, b.at));
}

function serverOf(pod: PodFact | undefined, trustDomain: string): SpiffeId | undefined {
  return pod && spiffeId(trustDomain, pod);
}
