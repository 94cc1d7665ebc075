import { outcomeOf, refused, type Call, type Intrusion, type Outcome, type Portion, type Speech } from "../call.ts";
import { requestOf } from "./http-request.ts";
import { refusalAt, type Incoming } from "./inbound.ts";
import type { SimulatedMesh } from "./mesh.ts";
import { depart } from "./outbound.ts";
import { helloOf } from "./read/tls.ts";
import { hopsOf, type Hop } from "./upstream.ts";

/**
 * What would become of a call, by Envoy's rules for the resources that both ends hold. @throws Error on whatever Envoy would
 * refuse or the simulator does not know: a doubt is never an open door.
 */
export function simulate(mesh: SimulatedMesh, call: Call): Outcome {
  const caller = mesh.proxyAt(call.from);
  if (!caller) return refused("the caller has no sidecar");
  const departure = depart(caller, call);
  if (departure.kind === "closed") return refused(departure.why);
  const hops = departure.legs.flatMap(({ cluster, share }) => hopsOf(caller, cluster, call.to).map((hop) => ({ ...hop, share: hop.share * share })));
  if (hops.some((hop) => hop.tls === undefined && !isInside(mesh, hop))) return { kind: "outside" };
  return outcomeOf(hops.map((hop) => portionOf(mesh, { caller, hop, request: departure.request, meets: waits(call.speaks) ? "handshake" : "both" })));
}

function isInside(mesh: SimulatedMesh, { address }: Hop): boolean {
  const pod = mesh.podAt(address);
  return pod !== undefined && mesh.proxyAt(pod) !== undefined;
}

/**
 * The same for who holds a pod's certificate and key, and knocks at another pod past its own sidecar: what callers are not given
 * is no lock.
 */
export function simulateIntrusion(mesh: SimulatedMesh, { from, to, offers, wasOpen, speaks }: Intrusion): Outcome {
  const caller = mesh.proxyAt(from);
  if (!caller) return refused("the caller has no certificate");
  const hop = { ...to, share: 1, tls: helloOf(offers) };
  const request = speaks.kind === "http" ? requestOf(speaks, to) : undefined;
  return outcomeOf([portionOf(mesh, { caller, hop, request, meets: wasOpen ? "filters" : waits(speaks) ? "handshake" : "both" })]);
}

function waits(speaks: Speech): boolean {
  return speaks.kind === "tcp" && speaks.serverFirst;
}

function portionOf(mesh: SimulatedMesh, incoming: Incoming): Portion {
  const { hop } = incoming;
  const why = refusalAt(mesh, incoming);
  const pod = mesh.podAt(hop.address);
  return { share: hop.share, end: why === undefined && pod !== undefined ? { kind: "reached", pod } : { kind: "lost", why: why ?? "nobody has this address" } };
}
