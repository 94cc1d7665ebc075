import { allFacts, type HttpMatch, type PodFact } from "@osm/model";
import { simulate, type HttpSpeech, type Outcome, type Speech } from "@osm/simulate";
import { fits, nameOf } from "./fits.ts";
import type { MeshTruth } from "./mesh-truth.ts";
import { rulesFor, type WrittenRule } from "./rules-for.ts";
import { sampleText } from "./sample-text.ts";
import { doorsTo, type ServiceDoor } from "./service-doors.ts";

/** What becomes of one kind of request, or of bytes, at one service port. */
export interface Way {
  readonly service: string;
  readonly request: string;
  readonly answer: "allowed" | "refused" | "not tried";
  /** The object that decides, and why. */
  readonly by: string;
}

export interface Pair {
  readonly from: PodFact;
  readonly to: PodFact;
}

/** Every way from a pod to another, as the sidecars of both would decide: a call of each kind is tried on what is compiled. */
export function waysBetween(truth: MeshTruth, pair: Pair, asked?: HttpSpeech): readonly Way[] {
  const rules = rulesFor(truth.state, { server: pair.to, caller: pair.from });
  return doorsTo(truth.state, pair.to).flatMap((door) => {
    const place = { truth, pair, door, rules };
    if (asked) return [wayOf(place, { request: `${asked.method} ${asked.path}`, speech: asked })];
    if (isPermissive(truth)) return [wayOf(place, { request: "anything", speech: mayBeHttp(door) ? get("/") : bytesOf(door) })];
    return [...(mayBeHttp(door) ? requests(place) : []), ...(door.protocol === "http" ? [] : [wayOf(place, { request: "bytes", speech: bytesOf(door) })])];
  });
}

interface Place {
  readonly truth: MeshTruth;
  readonly pair: Pair;
  readonly door: ServiceDoor;
  readonly rules: readonly WrittenRule[];
}

interface Trial {
  readonly request: string;
  /** Undefined where no request is found that would fit. */
  readonly speech: Speech | undefined;
}

function wayOf(place: Place, { request, speech }: Trial): Way {
  const { truth, pair, door } = place;
  const way = { service: door.name, request };
  if (!speech) return { ...way, answer: "not tried", by: "no request is found that its pattern matches: try one with --path" };
  const outcome = outcomeOf(truth, { from: refOf(pair.from), to: { address: door.address, port: door.port }, speaks: speech });
  switch (outcome.kind) {
    case "allowed":
      return { ...way, ...arrived(place, speech, outcome.shares) };
    case "outside":
      return { ...way, answer: "not tried", by: "the call leaves the mesh, and nothing of it decides" };
    case "refused":
      return { ...way, answer: "refused", by: isPolicy(outcome.why) ? refuserOf(place, speech) : outcome.why };
    case "doubt":
      return { ...way, answer: "not tried", by: outcome.why };
  }
}

function arrived(place: Place, speech: Speech, shares: ReadonlyMap<string, number>): Pick<Way, "answer" | "by"> {
  const share = shares.get(refOf(place.pair.to)) ?? 0;
  const split = place.door.split === "" ? "" : ` (TrafficSplit ${place.door.split})`;
  if (share === 0) return { answer: "refused", by: `such calls are let through, but to other pods${split}: ${[...shares.keys()].join(", ")}` };
  return { answer: "allowed", by: `${allowerOf(place, speech)}${share < 0.999 ? `; this pod gets ${Math.round(share * 100)} % of the calls${split}` : ""}` };
}

function allowerOf({ truth, rules }: Place, speech: Speech): string {
  if (isPermissive(truth)) return `MeshConfig ${configOf(truth)} is permissive`;
  const own = rules.filter(({ isForCaller }) => isForCaller);
  const found = own.filter((rule) => (speech.kind === "http" ? fits(rule, speech) : rule.asks.kind === "bytes"));
  return [...new Set((found.length > 0 ? found : own).map(nameOf))].join("; ");
}

/** What would have to be otherwise. */
function refuserOf({ pair, rules, truth }: Place, speech: Speech): string {
  if (isPermissive(truth)) return "not by policy: the mesh is permissive";
  const kind = speech.kind === "http" ? "HTTPRouteGroup" : "TCPRoute";
  const ofKind = rules.filter(({ asks }) => (asks.kind === "request") === (speech.kind === "http"));
  const forOthers = ofKind.filter((rule) => !rule.isForCaller && speech.kind === "http" && fits(rule, speech));
  const own = ofKind.filter(({ isForCaller }) => isForCaller);
  if (forOthers.length > 0) return [...new Set(forOthers.map(({ target }) => `TrafficTarget ${target.namespace}/${target.name} does not name ServiceAccount ${accountOf(pair.from)} in spec.sources`))].join("; ");
  if (own.length > 0) return `no rule of ${[...new Set(own.map(({ target }) => `TrafficTarget ${target.namespace}/${target.name}`))].join(", ")} fits it`;
  return `no TrafficTarget with destination ${accountOf(pair.to)} names source ${accountOf(pair.from)} with a rule of kind ${kind}`;
}

/** What the simulator cannot follow is said, and is no answer. */
export function outcomeOf(truth: MeshTruth, call: Parameters<typeof simulate>[1]): Outcome | { readonly kind: "doubt"; readonly why: string } {
  try {
    return simulate(truth.simulated, call);
  } catch (error) {
    return { kind: "doubt", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Refusals that a policy could turn into leave: access is missing on one side or the other. */
function isPolicy(why: string): boolean {
  return /RBAC|caller's name|closes|no chain|no route/.test(why);
}

function requests(place: Place): readonly Way[] {
  const asked = place.rules.flatMap(({ asks, isForCaller }) => (asks.kind === "request" ? [{ match: asks.match, isForCaller }] : []));
  const unnamed = methodBeside(asked.map(({ match }) => match));
  const own = new Set(asked.filter(({ isForCaller }) => isForCaller).flatMap(({ match }) => patternsOf(match)));
  const patterns = new Map(asked.flatMap(({ match }) => patternsOf(match).map((pattern) => [pattern, match] as const)));
  const each = [...patterns].flatMap(([pattern, match]) => {
    const sample = speechFor(match);
    // What another may ask is tried by one request of many, which a rule of this caller's own may let through.
    const tried = own.size > 0 && !own.has(pattern) && sample ? `, tried with ${sample.path}` : "";
    const [method = "", ...rest] = pattern.split(" ");
    const named = (by: string) => `${by} ${rest.join(" ")}${tried}`;
    return byMethod(place, { methods: method === "*" ? ["GET", unnamed] : [method], sample, named, all: named(method) });
  });
  const other = patterns.size === 0 ? "request" : "other request";
  const named = (method: string) => `any ${other.replace("request", `${method} request`)}`;
  return [...each, ...byMethod(place, { methods: ["GET", unnamed], sample: get("/a-path-that-no-rule-names-x7f3"), named, all: `any ${other}` })];
}

interface Methods {
  readonly methods: readonly string[];
  readonly sample: HttpSpeech | undefined;
  /** The row of one method, where it matters which. */
  readonly named: (method: string) => string;
  readonly all: string;
}

/** A row for all methods where they fare alike, else one for each. */
function byMethod(place: Place, { methods, sample, named, all }: Methods): readonly Way[] {
  if (!sample) return [wayOf(place, { request: all, speech: undefined })];
  const ways = methods.map((method) => wayOf(place, { request: named(method), speech: { ...sample, method } }));
  const [first] = ways;
  return first && ways.every(({ answer, by }) => answer === first.answer && by === first.by) ? [{ ...first, request: all }] : ways;
}

const usualMethods = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/** A method that no rule names, other than GET. */
function methodBeside(matches: readonly HttpMatch[]): string {
  const known = new Set(matches.flatMap(({ methods }) => methods));
  return usualMethods.find((method) => !known.has(method)) ?? "X-OTHER";
}

function mayBeHttp({ protocol }: ServiceDoor): boolean {
  return protocol === "http" || protocol === "detect";
}

function bytesOf({ protocol }: ServiceDoor): Speech {
  return { kind: "tcp", serverFirst: protocol === "tcp-server-first" };
}

function isPermissive({ state }: MeshTruth): boolean {
  return [...allFacts(state, "MeshConfig")].some(({ permissive }) => permissive);
}

export function configOf({ state }: MeshTruth): string {
  return [...allFacts(state, "MeshConfig")].map(({ namespace, name }) => `${namespace}/${name}`).join(", ") || "(none: nothing is open)";
}

export function accountOf({ namespace, serviceAccount }: PodFact): string {
  return `${namespace}/${serviceAccount}`;
}

function refOf({ namespace, name }: PodFact): string {
  return `${namespace}/${name}`;
}

function get(path: string): HttpSpeech {
  return { kind: "http", method: "GET", path, headers: {} };
}

/** One for each method of a match. */
function patternsOf({ pathRegex, methods, headers }: HttpMatch): readonly string[] {
  const fields = Object.entries(headers).map(([name, regex]) => `${name}: ${regex}`);
  const rest = `${pathRegex}${fields.length > 0 ? ` with ${fields.join(", ")}` : ""}`;
  return (methods.length === 0 ? ["*"] : methods).map((method) => `${method} ${rest}`);
}

/** A request that fits a match but for its method, where one is found. */
function speechFor({ pathRegex, headers }: HttpMatch): HttpSpeech | undefined {
  const path = sampleText(pathRegex, (text) => text.startsWith("/"));
  const fields = Object.entries(headers).map(([name, regex]) => [name, sampleText(regex, (text) => text.trim() === text && text !== "")] as const);
  if (path === undefined || fields.some(([, value]) => value === undefined)) return undefined;
  return { kind: "http", method: "GET", path, headers: Object.fromEntries(fields.map(([name, value = ""]) => [name, value])) };
}
