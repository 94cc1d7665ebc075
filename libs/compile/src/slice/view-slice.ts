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
  readonly inbound: Made<InboundSide>;
  readonly slice: Made<ViewSlice>;
}

/** What a view's slice says of who may call. */
type InboundSide = Omit<ViewSlice, "outbound" | "digest">;

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
  const standing = doors && cut?.inbound.value.doors === doors ? cut.inbound : undefined;
  const inbound = made(standing, [proxies.id, mesh, into], () => inboundOf({ class: proxies, access: accessOf(into), mesh }, doors));
  const slice = made(cut?.slice, [inbound.value, outbound.value], () => sliceOf(inbound.value, outbound.value));
  return { outbound, inbound, slice };
}

function accessOf(into: readonly Grant[] | undefined): Access {
  return into ? { kind: "granted", grants: into } : { kind: "permissive" };
}

function outboundOf({ mesh, offer }: MeshPolicy, caller: Caller<ReadonlySet<SpiffeId>>, cut: CutView | undefined): Made<OutboundList> {
  if (mesh.permissive) return { of: [], value: caller.ipv6 ? offer.everything : offer.everythingOnIpv4 };
  return made(cut?.outbound, [offer, caller.reachable, caller.ipv6], (earlier) => kept(earlier, outboundTo(offer, caller)));
}

function kept(earlier: OutboundList | undefined, list: OutboundList): OutboundList {
  return earlier?.digest === list.digest ? earlier : list;
}

function inboundOf(side: Omit<InboundSide, "doors" | "inbound">, before: View["doors"] | undefined): InboundSide {
  const { class: { ports, ipv6 }, access, mesh } = side;
  const doors = doorsOf(ports, access, before ?? {});
  return { ...side, doors, inbound: digestOfJson({ ports, access, mesh, doors, ...(ipv6 ? { ipv6: true } : {}) }) };
}

function sliceOf(side: InboundSide, outbound: OutboundList): ViewSlice {
  const { class: { id, identity }, inbound } = side;
  return { ...side, outbound, digest: digestOfJson({ id, identity, inbound, outbound: outbound.digest }) };
}
