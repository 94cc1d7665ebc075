import fc from "fast-check";
import { expect, test } from "vitest";
import { holds } from "../src/index.ts";
import type { Conversation } from "./conversation.ts";
import { converse, deliverToProxy, deliverToServer, moveTo, reconnect, restWrongs, settle } from "./conversation.ts";
import { drain, newEnvoy } from "./envoy-model.ts";
import type { Action } from "./specs.ts";
import { actions, anySpec, soundSpec, warmableSpec } from "./specs.ts";
import { Contents, emptyWorld } from "./world.ts";

const runs = 1500;

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

function start(script: readonly Action[], forgetful: boolean): Conversation {
  const talk = converse(newEnvoy(new Contents()), emptyWorld, forgetful);
  for (const action of script) act(talk, action);
  settle(talk);
  return talk;
}

/** What Envoy has of what it wants, in one shape with the world. */
function held(talk: Conversation): Record<string, readonly string[]> {
  const { envoy } = talk;
  return { CDS: [...envoy.clusters.values()].sort(), EDS: [...envoy.assignments.values()].sort(), LDS: [...envoy.listeners.values()].sort(), RDS: [...envoy.routes.values()].sort() };
}

function wanted({ world }: Conversation): Record<string, readonly string[]> {
  return { CDS: [...world.CDS.values()].sort(), EDS: [...world.EDS.values()].sort(), LDS: [...world.LDS.values()].sort(), RDS: [...world.RDS.values()].sort() };
}

test("any interleaving comes to rest with exactly the target, and a new stream then gets nothing", () => {
  fc.assert(
    fc.property(actions(soundSpec), soundSpec, fc.boolean(), (script, last, forgetful) => {
      const talk = start(script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(held(talk)).toEqual(wanted(talk));

      expect(reconnect(talk)).toBe(true);
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(talk.resources).toBe(0);
    }),
    { numRuns: runs },
  );
});

/** A flawed cluster, of which no older version is there for sure: a rejected response may have been half applied. */
function isLost({ stream, target, world, contents }: Conversation, cluster: string): boolean {
  const version = world.CDS.get(cluster);
  const isFlawed = version === undefined || contents.of(version).flaw !== "none";
  return isFlawed && holds(stream, target, { type: "CDS", name: cluster }) === undefined;
}

/** Cannot be had: rejected, pending, or in need of a cluster that cannot. */
function isOutOfReach(talk: Conversation, version: string): boolean {
  if (version === "pending") return true;
  const { flaw, needs, route } = talk.contents.of(version);
  const behind = needs.some((cluster) => isLost(talk, cluster));
  const routeVersion = route === undefined ? undefined : talk.world.RDS.get(route);
  return flaw !== "none" || behind || (routeVersion !== undefined && isOutOfReach(talk, routeVersion));
}

function missing(talk: Conversation): readonly string[] {
  const { CDS, EDS, LDS, RDS } = held(talk);
  const has = new Set([CDS, EDS, LDS, RDS].flat());
  const { envoy, world } = talk;
  for (const version of envoy.warmingListeners.values()) has.add(version);
  for (const { version } of envoy.warmingClusters.values()) has.add(version);
  const subscribed = new Set([...world.LDS.values()].flatMap((version) => talk.contents.of(version).route ?? []));
  const routes = [...world.RDS].filter(([name]) => subscribed.has(name) && envoy.told.get("RDS")?.has(name)).map(([, version]) => version);
  const assignments = [...world.EDS].filter(([name]) => envoy.told.get("EDS")?.has(name)).map(([, version]) => version);
  const due = [...world.CDS.values(), ...assignments, ...world.LDS.values(), ...routes];
  return due.filter((version) => !has.has(version) && !isOutOfReach(talk, version));
}

test("what Envoy rejects keeps back nothing but itself and what needs it", () => {
  fc.assert(
    fc.property(actions(anySpec), warmableSpec, fc.boolean(), (script, last, forgetful) => {
      const talk = start(script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(missing(talk)).toEqual([]);
    }),
    { numRuns: runs },
  );
});

test("after any rejections a target that Envoy takes is reached whole", () => {
  fc.assert(
    fc.property(actions(anySpec), soundSpec, fc.boolean(), (script, last, forgetful) => {
      const talk = start(script, forgetful);
      moveTo(talk, talk.contents.world(last));
      settle(talk);
      expect(restWrongs(talk)).toEqual([]);
      expect(held(talk)).toEqual(wanted(talk));
    }),
    { numRuns: runs },
  );
});
