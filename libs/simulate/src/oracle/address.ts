import type { Call } from "../call.ts";
import { serverAddresses } from "./headless.ts";
import { portsOf, type ServicePort } from "./protocol.ts";
import type { Service, World } from "./world.ts";

/** Where a connection is led: a service's port. */
export interface Door {
  readonly service: Service;
  readonly port: ServicePort;
}

/**
 * The service port that has an address: its ClusterIP of either family, or for a headless service the addresses of its pods. Of several that
 * claim one address and port, the first by namespace and name has it.
 */
export function doorAt(world: World, { address, port }: Call["to"]): Door | undefined {
  const doors = world.services.flatMap((service) => portsOf(service).map((each) => ({ service, port: each })));
  return doors.find((door) => addressesOf(world, door).some((at) => at.address === address && at.port === port));
}

function addressesOf(world: World, door: Door): readonly Call["to"][] {
  if (isHeadless(door.service)) return serverAddresses(world, door);
  const { clusterIP = "", clusterIPs } = door.service.spec;
  return [clusterIP, ...clusterIPs].filter((ip) => ip !== "").map((address) => ({ address, port: door.port.port }));
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

/** The port of that number of another service of the same namespace. */
export function doorOf(world: World, { metadata }: Service, at: { readonly name: string; readonly port: number }): Door | undefined {
  const service = world.services.find((each) => each.metadata.namespace === metadata.namespace && each.metadata.name === at.name);
  const port = service && portsOf(service).find((each) => each.port === at.port);
  return service && port && { service, port };
}
