import { selects } from "./backing.ts";
import type { ServicePort } from "./protocol.ts";
import type { EndpointSlice, Pod, Service, World } from "./world.ts";

export function slicesOf(world: World, { metadata }: Service): readonly EndpointSlice[] {
  return world.slices.filter((slice) => slice.metadata.namespace === metadata.namespace && slice.metadata.labels["kubernetes.io/service-name"] === metadata.name);
}

/** The pods that take new calls of a service port: listed in its EndpointSlices, ready, not terminating, each once. */
export function serving(world: World, { service, port }: { readonly service: Service; readonly port: ServicePort }): readonly Pod[] {
  const open = slicesOf(world, service).filter(({ ports }) => ports.some((each) => (each.name ?? "") === port.name && (each.protocol ?? "TCP") === "TCP"));
  const ready = open.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => (conditions?.ready ?? true) && conditions?.terminating !== true);
  const addresses = new Set(ready.flatMap((endpoint) => endpoint.addresses));
  return world.pods.filter((pod) => selects(service, pod) && pod.status.podIPs.some(({ ip }) => addresses.has(ip)));
}
