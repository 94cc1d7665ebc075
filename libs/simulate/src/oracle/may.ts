import { outcomeOf, refused, type Call, type Outcome, type Portion, type Speech } from "../call.ts";
import { denial } from "./access.ts";
import { doorAt, isHeadless, type Door } from "./address.ts";
import { containerPort, podsBehind, protocolAt } from "./backing.ts";
import { serving } from "./endpoints.ts";
import { podAt } from "./headless.ts";
import { besideTheMesh } from "./egress.ts";
import { isMeshed, refOfPod } from "./identity.ts";
import { protocolOf } from "./protocol.ts";
import { isWithinReach } from "./reach.ts";
import { seenByCaller } from "./request.ts";
import { backendsOf, shareOut } from "./split.ts";
import type { Pod, World } from "./world.ts";

/** What users of the mesh are owed: who gets a call, or why nobody does. Denied is whatever no rule allows. */
export function may(world: World, call: Call): Outcome {
  const from = world.pods.find((pod) => refOfPod(pod) === call.from);
  if (!from || !isMeshed(from)) return refused("the caller is not of the mesh");
  const door = doorAt(world, call.to);
  const offered = door && isOffered(world, { from, door, to: call.to }) ? door : undefined;
  if (!offered) return besideTheMesh(world, call.to);
  const as = takenFor(offered, call.speaks);
  if (as === undefined) return refused("the port is declared as HTTP");
  return outcomeOf(isHeadless(offered.service) ? dialled(world, { from, door: offered, as, call }) : shared(world, { from, door: offered, as, call }));
}

interface Way {
  readonly from: Pod;
  readonly door: Door;
  readonly as: "http" | "tcp";
  readonly call: Call;
}

/**
 * A service is offered to those who may reach a pod behind it, or behind a backend of its split; an address of a headless
 * service to those who may reach the pod that has it.
 */
function isOffered(world: World, { from, door, to }: { readonly from: Pod; readonly door: Door; readonly to: Call["to"] }): boolean {
  if (isHeadless(door.service)) {
    const pod = podAt(world, to.address);
    return pod !== undefined && isWithinReach(world, from, pod);
  }
  return backendsOf(world, from, door).length > 0 || podsBehind(world, door.service).some((pod) => isWithinReach(world, from, pod));
}

/** A port that was declared is believed; only one that says nothing is judged by what is spoken. */
function takenFor({ port }: Door, speaks: Speech): "http" | "tcp" | undefined {
  const declared = protocolOf(port);
  if (declared === "http") return speaks.kind === "http" ? "http" : undefined;
  return declared === "tcp" ? "tcp" : speaks.kind;
}

/**
 * Shares go by weight among services, and evenly among the pods of one. The share of a service without a ready pod is lost to
 * requests; connections of bytes are shared out among the others.
 */
function shared(world: World, way: Way): readonly Portion[] {
  const { from, door, as, call } = way;
  const request = as === "http" && call.speaks.kind === "http" ? seenByCaller(call.speaks, authorityOf(call)) : undefined;
  const backends = shareOut(world, { from, door, request }).map((backend) => ({ ...backend, pods: serving(world, backend.door).filter((pod) => isWithinReach(world, from, pod)) }));
  const sum = backends.filter(({ pods }) => as === "http" || pods.length > 0).reduce((all, { weight }) => all + weight, 0);
  return backends.flatMap(({ door: backend, weight, pods }) =>
    pods.map((pod) => ({ share: weight / sum / pods.length, end: arrive(world, pod, { ...way, door: backend }) })),
  );
}

function dialled(world: World, way: Way): readonly Portion[] {
  const pod = podAt(world, way.call.to.address);
  return pod ? [{ share: 1, end: arrive(world, pod, way) }] : [];
}

function arrive(world: World, pod: Pod, { from, door, as, call }: Way): Portion["end"] {
  const port = containerPort(pod, door.port);
  const lost = (why: string) => ({ kind: "lost", why }) as const;
  if (!isMeshed(pod)) return lost("the server is not of the mesh");
  const spoken = port === undefined ? undefined : protocolAt(world, pod, port);
  if (port === undefined || (spoken !== "detect" && spoken !== as)) return lost("another service has said what is spoken on the container's port");
  const why = denial(world, { from, at: pod, port, as, speaks: call.speaks, authority: authorityOf(call) });
  return why === undefined ? { kind: "reached", pod: refOfPod(pod) } : lost(why);
}

function authorityOf({ to }: Call): string {
  return `${to.address}:${to.port}`;
}
