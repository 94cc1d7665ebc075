import { distinct, factOf, factsIn, inOrder, type EndpointSliceFact, type MeshState, type Resource } from "@osm/model";
import { clusterName } from "./names.ts";
import { renderAssignment } from "./render/assignment.ts";
import type { ServiceSlice } from "./slice/slices.ts";

/**
 * The endpoints' own short path: slices of a service in, one assignment per port out, nothing of policy in between.
 * Only ready addresses are listed (osm.md §5.12).
 */
export function assignmentsOf(state: MeshState, services: readonly ServiceSlice[]): readonly Resource[] {
  const byName = new Map(services.map((service) => [clusterName(service), service]));
  return inOrder(byName, ([name]) => name).map(([name, service]) => renderAssignment(name, endpointsOf(state, service)));
}

/** `ip:port` of each ready endpoint, distinct and in order. */
function endpointsOf(state: MeshState, service: ServiceSlice): readonly string[] {
  const port = factOf(state, "Service", service)?.ports.find((each) => each.port === service.port);
  const slices = [...factsIn(state, "EndpointSlice", service.namespace).values()].filter((slice) => slice.service === service.name);
  return distinct(slices.flatMap((slice) => readyIn(slice, port?.name ?? "")));
}

function readyIn({ ports, endpoints }: EndpointSliceFact, portName: string): readonly string[] {
  const port = ports.find(({ name }) => name === portName);
  return port ? endpoints.filter(({ ready }) => ready).map(({ address }) => `${address} ${port.port}`) : [];
}
