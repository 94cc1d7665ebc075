import { digestOfJson, type View, type ViewId } from "@osm/model";
import type { Grants } from "../resolve/access.ts";
import { doorsOf } from "../resolve/doors.ts";
import type { Offer } from "./outbound.ts";
import type { MeshSlice, ProxyClass, ViewSlice } from "./slices.ts";

/** What is resolved once for the whole mesh and shared by every slice. */
export interface MeshPolicy {
  readonly mesh: MeshSlice;
  readonly grants: Grants;
  readonly offer: Offer;
  /** The doors of views as they stood before, by view. */
  readonly doors: ReadonlyMap<ViewId, View["doors"]>;
}

/** Cuts out of the mesh what one class of proxies depends on. */
export function sliceView(proxies: ProxyClass, { mesh, grants, offer, doors: before }: MeshPolicy): ViewSlice {
  const access = mesh.permissive ? ({ kind: "permissive" } as const) : ({ kind: "granted", grants: grants.into(proxies.identity) } as const);
  const outbound = offer.to(mesh.permissive ? undefined : grants.from(proxies.identity));
  const doors = doorsOf(proxies.ports, access, before.get(proxies.id) ?? {});
  const digest = digestOfJson({ class: proxies, access, mesh, doors, outbound: outbound.map((slice) => slice.digest) });
  return { class: proxies, access, mesh, outbound, doors, digest };
}
