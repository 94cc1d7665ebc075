import type { Call } from "../call.ts";
import type { ServicePort } from "./protocol.ts";
import type { Pod, Service, World } from "./world.ts";
import { slicesOf } from "./endpoints.ts";

/** Callers of a headless service dial its pods, on the port of the container. A pod that is not ready keeps its address. */
export function serverAddresses(world: World, { service, port }: { readonly service: Service; readonly port: ServicePort }): readonly Call["to"][] {
  return slicesOf(world, service).flatMap(({ ports, endpoints }) => {
    const number = ports.find((each) => (each.name ?? "") === port.name && (each.protocol ?? "TCP") === "TCP")?.port ?? undefined;
    return number === undefined ? [] : endpoints.flatMap(({ addresses }) => addresses.map((address) => ({ address, port: number })));
  });
}

/** The pod that has an address. */
export function podAt(world: World, address: string): Pod | undefined {
  return world.pods.find(({ status }) => status.podIPs.some(({ ip }) => ip === address));
}
