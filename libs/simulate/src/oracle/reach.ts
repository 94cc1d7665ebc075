import { granted } from "./grants.ts";
import { accountOf } from "./identity.ts";
import type { Pod, World } from "./world.ts";

/**
 * Whether a caller is led to a pod at all: its account has granted the caller's something. Where a service has pods of several
 * accounts, a caller is led to those of the accounts that know it, and to no others.
 */
export function isWithinReach(world: World, from: Pod, pod: Pod): boolean {
  if (world.permissive) return true;
  const { http, tcp } = granted(world, { from: accountOf(from), to: accountOf(pod) });
  return http.length > 0 || tcp.length > 0;
}
