import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { Holding } from "./holding.ts";
import { isNothing, isVersion, possibleVersions } from "./holding.ts";
import type { Look } from "./stream-state.ts";
import { hasOpenQuestion, holdingOf, mayHold } from "./stream-state.ts";

/** The types whose resources lead traffic to clusters. */
const userTypes = ["ECDS", "LDS", "RDS"] as const satisfies readonly XdsType[];
type UserType = (typeof userTypes)[number];

function isUserType(type: XdsType): type is UserType {
  return userTypes.some((each) => each === type);
}

/** Whether a put may go: now; when clusters on their way are ACKed; or not before the target changes. */
export type Readiness = "ready" | "waits" | "stuck";

export interface Candidate {
  readonly type: XdsType;
  readonly name: string;
  readonly version: string;
  readonly holding: Holding;
}

/**
 * A listener, filter or route goes once the clusters it needs are ACKed at the target's version, and a listener not before
 * newer filters and secrets: Envoy withholds that ACK until
 * they are warm. What it already refers to need not be new, so a revocation never waits. A cluster that was rejected
 * serves in the version the proxy has; if it has none, those that need it stay behind, and nobody else.
 */
export function readiness(look: Look, candidate: Candidate): Readiness {
  const { type, name, version } = candidate;
  if (type === "LDS" && isLockOwed(look)) return "waits";
  const needs = isUserType(type) ? look.target.needs(type, name, version) : undefined;
  if (look.traits.alone || needs === undefined || needs.length === 0) return "ready";
  const refers = refersTo(look, candidate);
  const lacking = needs.filter((cluster) => {
    const standing = standingOf(look, cluster);
    return standing === "missing" || (standing === "older" && !refers(cluster));
  });
  if (lacking.length === 0) return "ready";
  return lacking.every((cluster) => isComing(look, cluster)) ? "waits" : "stuck";
}

/**
 * True while a filter or secret that the proxy holds is to be replaced and the new one is not on its way: listeners come after it.
 * A chain that takes the place of another after a revocation would else let in, for good, who comes before the new rules do.
 */
function isLockOwed(look: Look): boolean {
  if (look.traits.alone) return false;
  return (["ECDS", "SDS"] as const).some((type) => {
    const { deviations, rejected, inFlight } = look.types[type];
    return [...deviations].some(([name, holding]) => {
      const version = look.target.version(type, name);
      if (isNothing(holding) || !isVersion(version) || rejected.get(name) === version) return false;
      if (inFlight?.put.some((put) => put.name === name && put.version === version)) return false;
      return readiness(look, { type, name, version, holding }) === "ready";
    });
  });
}

function refersTo(look: Look, { type, name, holding }: Candidate): (cluster: string) => boolean {
  if (holding.kind !== "one") return () => false;
  const before = look.target.needs(type, name, holding.version);
  return (cluster) => before === undefined || before.includes(cluster);
}

/** `older`: there, though not in the target's version. */
function standingOf(look: Look, cluster: string): "current" | "older" | "missing" {
  const { inFlight, rejected } = look.types.CDS;
  const holding = holdingOf(look, "CDS", cluster);
  if (holding.kind !== "one" || inFlight?.removed.includes(cluster)) return "missing";
  const wanted = look.target.version("CDS", cluster);
  return holding.version === wanted || rejected.get(cluster) === wanted ? "current" : "older";
}

/** True when the cluster will be ACKed by and by, as far as it is known. A proxy that asks for listeners asks for clusters. */
function isComing(look: Look, cluster: string): boolean {
  const wanted = look.target.version("CDS", cluster);
  return isVersion(wanted) && look.types.CDS.rejected.get(cluster) !== wanted;
}

/**
 * Tells which clusters may go: those that no listener, filter or route needs which the proxy has or may have. What is
 * held as the target says needs only what is in the target, so only deviations and what is in flight have to be looked at.
 * None goes while a filter, route or secret is waited for: the listener that waits is ACKed, and its forerunner still
 * serves. On a stream that serves clusters alone they go at once: who uses them is never known there.
 */
export function removableClusters(look: Look): (cluster: string) => boolean {
  if (look.traits.alone) return () => true;
  if (!usersKnown(look) || someWarm(look)) return () => false;
  const needed = new Set<string>();
  for (const type of userTypes) {
    for (const { name, version } of possibleHoldings(look, type)) {
      const needs = look.target.needs(type, name, version);
      if (needs === undefined) return () => false;
      for (const cluster of needs) needed.add(cluster);
    }
  }
  return (cluster) => !needed.has(cluster);
}

/**
 * What a listener in flight waits for is asked for before its ACK, one type after the other: until then an unanswered
 * question may have ended and the next one not be known yet.
 */
function someWarm(look: Look): boolean {
  if (look.types.LDS.inFlight !== undefined) return true;
  return hasOpenQuestion(look, "ECDS") || hasOpenQuestion(look, "RDS") || hasOpenQuestion(look, "SDS");
}

function* possibleHoldings(look: Look, type: UserType | "CDS"): Iterable<{ readonly name: string; readonly version: string }> {
  const { deviations, inFlight } = look.types[type];
  for (const [name, holding] of deviations) for (const version of possibleVersions(holding)) yield { name, version };
  for (const put of inFlight?.put ?? []) if (look.target.version(type, put.name) !== put.version) yield put;
}

/** On a new stream clusters are asked for first: until the others are, what the proxy still uses is not known. */
function usersKnown({ types, heard }: Look): boolean {
  return types.LDS.asked && (heard || (types.ECDS.asked && types.RDS.asked && types.SDS.asked));
}

/** True when clusters cannot go only because the proxy has not been heard yet, and nothing is under way to hear it by. */
export function wantsHearing(look: Look): boolean {
  const { types, target } = look;
  if (!types.LDS.asked || usersKnown(look) || xdsTypes.some((type) => types[type].inFlight !== undefined)) return false;
  return [...types.CDS.deviations].some(([name, holding]) => !isNothing(holding) && target.version("CDS", name) === "absent");
}

/**
 * Whether the proxy may be told that something it refers to is gone. That it never had it, always: it stops waiting.
 * An assignment goes after its cluster. Filters, routes and secrets are never taken away: a listener that is gone still
 * drains with them, and its clusters have to stay, until Envoy itself unsubscribes. State of the world has no words for it.
 */
export function mayTellAbsent(look: Look, type: "EDS" | "ECDS" | "RDS" | "SDS", name: string): boolean {
  if (look.traits.whole) return false;
  if (isNothing(holdingOf(look, type, name))) return true;
  switch (type) {
    case "EDS":
      return look.types.CDS.asked && !mayServe(look, name);
    case "ECDS":
    case "RDS":
    case "SDS":
      return false;
  }
}

/** True when some cluster that the proxy has, or may have, takes its endpoints from this assignment. */
function mayServe(look: Look, assignment: string): boolean {
  const inSync = [...look.target.names("CDS")].map((name) => ({ name, version: look.target.version("CDS", name) }));
  return [...possibleHoldings(look, "CDS"), ...inSync].some(
    ({ name, version }) => mayHold(look, "CDS", name) && (look.target.needs("CDS", name, version) ?? [assignment]).includes(assignment),
  );
}
