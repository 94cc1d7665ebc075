import { refused, type Call, type Outcome } from "../call.ts";
import { podAt } from "./headless.ts";
import { isMeshed } from "./identity.ts";
import type { World } from "./world.ts";

/**
 * What is called beside the services that the caller knows leaves only when egress is open. It never gets into a pod of the
 * mesh, which takes no plaintext, nor to the ports that sidecars themselves listen on.
 */
export function besideTheMesh(world: World, { address, port }: Call["to"]): Outcome {
  if (!world.egress) return refused("no service that the caller knows has this address");
  if (isSidecarPort(port)) return refused("the port is the sidecar's own");
  const pod = podAt(world, address);
  return pod && isMeshed(pod) ? refused("pods of the mesh take no plaintext") : { kind: "outside" };
}

function isSidecarPort(port: number): boolean {
  return (port >= 15_000 && port <= 15_010) || (port >= 15_901 && port <= 15_904);
}
