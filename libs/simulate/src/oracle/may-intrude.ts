import { outcomeOf, refused, type Intrusion, type Outcome } from "../call.ts";
import { denial } from "./access.ts";
import { protocolAt } from "./backing.ts";
import { podAt } from "./headless.ts";
import { isMeshed, refOfPod } from "./identity.ts";
import type { World } from "./world.ts";

/** What a caller's sidecar would offer for what it carries. */
const meanings: Readonly<Record<string, "http" | "tcp">> = { osm: "http", "osm-http": "http", "osm-tcp": "tcp" };

/**
 * What who comes past a sidecar is owed: what the pod whose certificate it shows could have had at that port, and not a byte
 * besides. It is taken at the first of its offers that the port knows.
 */
export function mayIntrude(world: World, { from: ref, to, offers, speaks }: Intrusion): Outcome {
  const from = world.pods.find((pod) => refOfPod(pod) === ref);
  const at = podAt(world, to.address);
  if (!from || !isMeshed(from)) return refused("the caller is not of the mesh");
  if (!at || !isMeshed(at)) return refused("the server is not of the mesh");
  const spoken = protocolAt(world, at, to.port);
  const as = offers.map((offer) => meanings[offer]).find((each) => each !== undefined && (spoken === "detect" || spoken === each));
  if (as === undefined) return refused("nothing that is offered is spoken there");
  if (as === "http" && speaks.kind === "tcp") return refused("bytes are no request");
  const why = denial(world, { from, at, port: to.port, as, speaks, authority: `${to.address}:${to.port}` });
  return outcomeOf([{ share: 1, end: why === undefined ? { kind: "reached", pod: refOfPod(at) } : { kind: "lost", why } }]);
}
