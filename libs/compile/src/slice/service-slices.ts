import {
  allFacts, compareCodePoints, digestOfJson, distinct, refOf, spiffeId, type Finding, type MeshState, type ServiceFact, type ServicePort, type SpiffeId, type Staged,
} from "@osm/model";
import type { ServiceSlice } from "./slices.ts";
import { podsBehind } from "./workloads.ts";

/**
 * Every service port that a proxy could be led to. A service without pods has nobody whose certificate could be expected,
 * so it is not offered. Of two services that claim one address and port, the first by namespace and name has it.
 */
export function sliceServices(state: MeshState, trustDomain: string): Staged<readonly ServiceSlice[]> {
  const findings: Finding[] = [];
  const taken = new Set<string>();
  const slices: ServiceSlice[] = [];
  for (const service of [...allFacts(state, "Service")].toSorted(byName)) {
    const servers = serversOf(state, service, trustDomain);
    if (servers.length === 0) continue;
    for (const port of service.ports.filter(({ protocol }) => protocol === "http")) {
      const addresses = service.clusterIps.filter((ip) => !taken.has(`${ip}:${port.port}`));
      if (addresses.length < service.clusterIps.length) findings.push(addressTaken(service, port));
      for (const ip of addresses) taken.add(`${ip}:${port.port}`);
      if (addresses.length > 0) slices.push(sliceOf({ service, port, addresses, servers }));
    }
  }
  return { value: slices, findings };
}

function serversOf(state: MeshState, service: ServiceFact, trustDomain: string): readonly SpiffeId[] {
  const accounts = distinct(podsBehind(state, service).map(({ serviceAccount }) => serviceAccount));
  return accounts.map((serviceAccount) => spiffeId(trustDomain, { namespace: service.namespace, serviceAccount }));
}

interface Parts {
  readonly service: ServiceFact;
  readonly port: ServicePort;
  readonly addresses: readonly string[];
  readonly servers: readonly SpiffeId[];
}

function sliceOf({ service, port, addresses, servers }: Parts): ServiceSlice {
  const { namespace, name } = service;
  const slice = { namespace, name, port: port.port, targetPort: port.targetPort, addresses, servers };
  return { ...slice, digest: digestOfJson(slice) };
}

function byName(a: ServiceFact, b: ServiceFact): number {
  return compareCodePoints(a.namespace, b.namespace) || compareCodePoints(a.name, b.name);
}

function addressTaken(service: ServiceFact, { port }: ServicePort): Finding {
  return { code: "SERVICE_ADDRESS_TAKEN", severity: "error", on: refOf(service), field: `spec.ports[${port}]`, detail: service.clusterIps.join(",") };
}
