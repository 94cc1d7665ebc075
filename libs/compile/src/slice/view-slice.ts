import { digestOfJson, spiffeId, type SpiffeId, type View } from "@osm/model";
import type { Grants } from "../resolve/access.ts";
import { doorsOf } from "../resolve/doors.ts";
import { made, type Made } from "../stage.ts";
import type { Caller } from "./outbound-cut.ts";
import { outboundTo, type Offer } from "./outbound.ts";
import type { Access, Grant, MeshSlice, OutboundList, ProxyClass, ViewSlice } from "./slices.ts";

/** What is resolved once for the whole mesh and shared by every slice. */
export interface MeshPolicy {
  readonly mesh: MeshSlice;
  readonly grants: Grants;
  readonly offer: Offer;
  readonly trustDomain: string;
}

/** A view's slice, and what it was cut from. */
export interface CutView {
  readonly outbound: Made<OutboundList>;
  readonly slice: Made<ViewSlice>;
}

/** What stood before: the cut, and the doors that are open. */
export interface Standing {
  readonly cut: CutView | undefined;
  readonly doors: View["doors"] | undefined;
}

const nobody: ReadonlySet<never> = new Set();
const none: readonly Grant[] = [];

/** Cuts out of the mesh what one class of proxies depends on. */
export function cutView(proxies: ProxyClass, policy: MeshPolicy, { cut, doors }: Standing): CutView {
  const { mesh, grants, trustDomain } = policy;
  const id = spiffeId(trustDomain, proxies.identity);
  const outbound = outboundOf(policy, { reachable: grants.from.get(id) ?? nobody, ipv6: proxies.ipv6 }, cut);
  const into = mesh.permissive ? undefined : (grants.into.get(id) ?? none);
  // Doors that stand are as the slice says once they are its own: the same callers leave them as they are.
  const standing = doors && cut?.slice.value.doors === doors ? cut.slice : undefined;
  const slice = made(standing, [proxies.id, mesh, outbound.value.id, into], () => {
    const access: Access = into ? { kind: "granted", grants: into } : { kind: "permissive" };
    return sliceOf({ class: proxies, access, mesh, offering: outbound.value.id }, doors);
  });
  return { outbound, slice };
}

function outboundOf({ mesh, offer }: MeshPolicy, caller: Caller<ReadonlySet<SpiffeId>>, cut: CutView | undefined): Made<OutboundList> {
  if (mesh.permissive) return { of: [], value: caller.ipv6 ? offer.everything : offer.everythingOnIpv4 };
  return made(cut?.outbound, [offer, caller.reachable, caller.ipv6], (earlier) => kept(earlier, outboundTo(offer, caller)));
}

function kept(earlier: OutboundList | undefined, list: OutboundList): OutboundList {
  return earlier?.digest === list.digest && earlier.id === list.id ? earlier : list;
}

function sliceOf(slice: Omit<ViewSlice, "doors" | "inbound" | "digest">, before: View["doors"] | undefined): ViewSlice {
  const { class: proxies, access, mesh, offering } = slice;
  const doors = doorsOf(proxies.ports, access, before ?? {});
  const inbound = digestOfJson({ ports: proxies.ports, access, mesh, doors, ...(proxies.ipv6 ? { ipv6: true } : {}) });
  return { ...slice, doors, inbound, digest: digestOfJson({ id: proxies.id, identity: proxies.identity, inbound, offering }) };
}
