import type { Conversation } from "./conversation.ts";
import { converse, deliverToProxy, deliverToServer, moveTo, reconnect, settle } from "./conversation.ts";
import { holds } from "../src/index.ts";
import { drain } from "./envoy-model.ts";
import type { Line } from "./line.ts";
import type { Action } from "./specs.ts";
import { emptyWorld } from "./world.ts";

function act(talk: Conversation, action: Action): void {
  switch (action.kind) {
    case "to-proxy":
      deliverToProxy(talk);
      return;
    case "to-server":
      deliverToServer(talk);
      return;
    case "reconnect":
      reconnect(talk);
      return;
    case "drain":
      drain(talk.envoy);
      return;
    case "rest":
      settle(talk);
      return;
    case "move":
      moveTo(talk, talk.contents.world(action.spec));
  }
}

/** Plays a script from an empty world, and lets it come to rest. */
export function start(line: Line, script: readonly Action[], forgetful: boolean): Conversation {
  const talk = converse(line, emptyWorld, forgetful);
  for (const action of script) act(talk, action);
  settle(talk);
  return talk;
}

/** What Envoy has of what it wants, in one shape with the world. */
export function held(talk: Conversation): Record<string, readonly string[]> {
  const { envoy } = talk;
  return { CDS: [...envoy.clusters.values()].sort(), EDS: [...envoy.assignments.values()].sort(), ECDS: [...envoy.filters.values()].sort(), LDS: [...envoy.listeners.values()].sort(), RDS: [...envoy.routes.values()].sort() };
}

/** What it should have. */
export function wanted({ world }: Conversation): Record<string, readonly string[]> {
  return { CDS: [...world.CDS.values()].sort(), EDS: [...world.EDS.values()].sort(), ECDS: [...world.ECDS.values()].sort(), LDS: [...world.LDS.values()].sort(), RDS: [...world.RDS.values()].sort() };
}

/** A flawed cluster, of which no older version is there for sure: a rejected response may have been half applied. */
function isLost({ line, target, world, contents }: Conversation, cluster: string): boolean {
  const version = world.CDS.get(cluster);
  const isFlawed = version === undefined || contents.of(version).flaw !== "none";
  return isFlawed && holds(line.stream(), target, { type: "CDS", name: cluster }) === undefined;
}

/** Cannot be had: rejected, pending, or in need of a cluster that cannot. */
function isOutOfReach(talk: Conversation, version: string): boolean {
  if (version === "pending") return true;
  const { flaw, needs, route, filter } = talk.contents.of(version);
  const behind = needs.some((cluster) => isLost(talk, cluster));
  const parts = [route && talk.world.RDS.get(route), filter && talk.world.ECDS.get(filter)];
  return flaw !== "none" || behind || parts.some((part) => part && isOutOfReach(talk, part));
}

/** What can be had, and is not there. */
export function missing(talk: Conversation): readonly string[] {
  const has = new Set(Object.values(held(talk)).flat());
  const { envoy, world } = talk;
  for (const version of envoy.warmingListeners.values()) has.add(version);
  for (const { version } of envoy.warmingClusters.values()) has.add(version);
  const contents = [...world.LDS.values()].map((version) => talk.contents.of(version));
  const subscribed = new Set(contents.flatMap(({ route, filter }) => [route, filter]));
  const watched = (["ECDS", "RDS"] as const).flatMap((type) =>
    [...world[type]].filter(([name]) => subscribed.has(name) && envoy.told.get(type)?.has(name)).map(([, version]) => version),
  );
  const assignments = [...world.EDS].filter(([name]) => envoy.told.get("EDS")?.has(name)).map(([, version]) => version);
  const due = [...world.CDS.values(), ...assignments, ...world.LDS.values(), ...watched];
  return due.filter((version) => !has.has(version) && !isOutOfReach(talk, version));
}
