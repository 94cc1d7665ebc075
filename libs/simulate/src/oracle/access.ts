import type { Speech } from "../call.ts";
import { granted } from "./grants.ts";
import { holds } from "./http-match.ts";
import { accountOf } from "./identity.ts";
import { seenByServer } from "./request.ts";
import type { Pod, World } from "./world.ts";

export interface Arrival {
  readonly from: Pod;
  readonly at: Pod;
  /** Container port. */
  readonly port: number;
  /** What it was taken for on its way: HTTP is judged by request, the rest by port. */
  readonly as: "http" | "tcp";
  readonly speaks: Speech;
  /** The dialled address and port. */
  readonly authority: string;
}

/**
 * Whether the server lets a call in. Permissive mode lets the mesh in; else some TrafficTarget must. Requests are opened by
 * HTTPRouteGroups alone and connections by TCPRoutes alone. @returns why not.
 */
export function denial(world: World, { from, at, port, as, speaks, authority }: Arrival): string | undefined {
  const grants = granted(world, { from: accountOf(from), to: accountOf(at) });
  if (as === "tcp" || speaks.kind === "tcp") {
    const open = world.permissive || grants.tcp.some(({ spec }) => isOpen(spec.matches?.ports ?? [], port));
    return open ? undefined : "no TCPRoute grants this port";
  }
  const seen = seenByServer(speaks, authority);
  if ("refused" in seen) return seen.refused;
  return world.permissive || grants.http.some((match) => holds(match, seen)) ? undefined : "no TrafficTarget grants this request";
}

/** A TCPRoute names container ports; one that names none means every port. */
function isOpen(ports: readonly number[], port: number): boolean {
  return ports.length === 0 || ports.includes(port);
}
