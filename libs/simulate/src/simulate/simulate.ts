import { outcomeOf, refused, type Call, type Outcome, type Portion } from "../call.ts";
import { refusalAt } from "./inbound.ts";
import type { SimulatedMesh } from "./mesh.ts";
import { depart, type Departure } from "./outbound.ts";
import { hopsOf, type Hop } from "./upstream.ts";
import type { Proxy } from "./proxy.ts";

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
  return outcomeOf(hops.map((hop) => portionOf(mesh, { caller, departure, hop })));
}

function isInside(mesh: SimulatedMesh, { address }: Hop): boolean {
  const pod = mesh.podAt(address);
  return pod !== undefined && mesh.proxyAt(pod) !== undefined;
}

interface Travelling {
  readonly caller: Proxy;
  readonly departure: Extract<Departure, { readonly kind: "led" }>;
  readonly hop: Hop;
}

function portionOf(mesh: SimulatedMesh, { caller, departure: { request }, hop }: Travelling): Portion {
  const why = refusalAt(mesh, { caller, hop, request });
  const pod = mesh.podAt(hop.address);
  return { share: hop.share, end: why === undefined && pod !== undefined ? { kind: "reached", pod } : { kind: "lost", why: why ?? "nobody has this address" } };
}
