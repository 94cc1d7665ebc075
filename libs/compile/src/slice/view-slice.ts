import { digestOfJson, type MeshState } from "@osm/model";
import { isPermissive } from "../resolve/mode.ts";
import type { Grants } from "../resolve/access.ts";
import type { ProxyClass, ServiceSlice, ViewSlice } from "./slices.ts";

/** What is resolved once for the whole mesh and shared by every slice. */
export interface MeshPolicy {
  readonly grants: Grants;
  readonly services: readonly ServiceSlice[];
}

/** Cuts out of the mesh what one class of proxies depends on. */
export function sliceView(state: MeshState, proxies: ProxyClass, { grants, services }: MeshPolicy): ViewSlice {
  const permissive = isPermissive(state);
  const access = permissive ? ({ kind: "permissive" } as const) : ({ kind: "granted", grants: grants.into(proxies.identity) } as const);
  const reachable = permissive ? undefined : grants.from(proxies.identity);
  const outbound = reachable ? services.filter(({ servers }) => servers.some((server) => reachable.has(server))) : services;
  const digest = digestOfJson({ class: proxies, access, outbound: outbound.map((service) => service.digest) });
  return { class: proxies, access, outbound, digest };
}
