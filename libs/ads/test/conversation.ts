import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { AdsEvent, DeltaRequest, DeltaSend, Target, VersionedName } from "../src/index.ts";
import { isSettled } from "../src/index.ts";
import { wantsHearing } from "../src/make-before-break.ts";
import { dueOf } from "../src/owed.ts";
import type { Envoy } from "./envoy-model.ts";
import { connect, drain, timeOut } from "./envoy-model.ts";
import type { Line } from "./line.ts";
import type { Contents, World } from "./world.ts";
import { changesBetween, targetOf } from "./world.ts";

type ByType<T> = Readonly<Record<XdsType, T>>;
const byType = <T>(make: () => T): ByType<T> => ({ CDS: make(), EDS: make(), ECDS: make(), LDS: make(), RDS: make(), SDS: make() });

/** The engine and one Envoy with two queues between them, and a bystander who keeps the rules of the protocol. */
export interface Conversation {
  readonly line: Line;
  readonly envoy: Envoy;
  readonly contents: Contents;
  readonly forgetful: boolean;
  world: World;
  target: Target;
  toProxy: DeltaSend[];
  /** Puts and removals sent on this stream. */
  resources: number;
  /** A stream was lost while clusters warmed: their assignments may then have to time out. */
  mayStall: boolean;
  /** A new stream did not know what the proxy held: its first set of clusters then lacks what old listeners use. */
  mayBreak: boolean;
  unanswered: ByType<Map<string, DeltaSend>>;
  acked: ByType<Map<string, string>>;
  /** Names whose rejected version must not come again. */
  refused: ByType<Map<string, string>>;
  clustersSent: Set<string>;
}

export function converse(line: Line, world: World, forgetful: boolean): Conversation {
  const { envoy } = line;
  line.open();
  const talk: Conversation = {
    line,
    envoy,
    contents: envoy.contents,
    forgetful,
    world,
    target: targetOf(world, envoy.contents, forgetful),
    mayStall: false,
    mayBreak: false,
    ...freshStream(),
  };
  connect(envoy);
  return talk;
}

type Fresh = Pick<Conversation, "toProxy" | "resources" | "unanswered" | "acked" | "refused" | "clustersSent">;

function freshStream(): Fresh {
  return {
    toProxy: [],
    resources: 0,
    unanswered: byType(() => new Map()),
    acked: byType(() => new Map()),
    refused: byType(() => new Map()),
    clustersSent: new Set(),
  };
}

/** False when the stream cannot be lost now without leaving Envoy with a wrong idea of what it holds. */
export function reconnect(talk: Conversation): boolean {
  if (!talk.line.isTruthful()) return false;
  if (talk.envoy.warmingClusters.size > 0) talk.mayStall = true;
  if (!talk.line.remembers) talk.mayBreak = true;
  Object.assign(talk, freshStream());
  talk.line.open();
  connect(talk.envoy);
  return true;
}

export function moveTo(talk: Conversation, world: World): void {
  const changes = changesBetween(talk.world, world);
  talk.world = world;
  talk.target = targetOf(world, talk.contents, talk.forgetful);
  for (const { type, name } of changes) talk.refused[type].delete(name);
  advance(talk, { kind: "retarget", changes });
}

export function deliverToProxy(talk: Conversation): boolean {
  const send = talk.toProxy.shift();
  if (send === undefined) return false;
  talk.line.deliver(send);
  return true;
}

export function deliverToServer(talk: Conversation): boolean {
  const request = talk.envoy.outbox.shift();
  if (request === undefined) return false;
  observeRequest(talk, request);
  advance(talk, { kind: "request", request });
  return true;
}

/** Runs until nobody has anything to say, drains and timeouts included. */
export function settle(talk: Conversation): void {
  for (let turns = 0; turns < 5000; turns += 1) {
    if (deliverToServer(talk) || deliverToProxy(talk) || drain(talk.envoy)) continue;
    if (!stall(talk)) return;
  }
  talk.envoy.wrongs.push("does not come to rest");
}

function stall(talk: Conversation): boolean {
  const stalled = timeOut(talk.envoy);
  for (const name of stalled) {
    const version = talk.world.EDS.get(name) ?? "pending";
    const excused = talk.mayStall || version === "pending" || talk.contents.of(version).flaw !== "none";
    if (!excused) talk.envoy.wrongs.push(`cluster ${name} was left to warm until its timeout`);
  }
  return stalled.length > 0;
}

function advance(talk: Conversation, event: AdsEvent): void {
  const result = talk.line.take(event, talk.target);
  for (const { type, guilty } of result.answers) for (const { name, version } of guilty) talk.refused[type].set(name, version);
  for (const send of result.send) observeSend(talk, send);
  talk.toProxy.push(...result.send);
  if (isSettled(talk.line.stream()) && owes(talk)) talk.envoy.wrongs.push("settled, though something could be sent");
}

/** What could be sent right after a step has been forgotten by it. */
function owes({ line, target }: Conversation): boolean {
  const look = { ...line.stream(), target };
  return xdsTypes.some((type) => dueOf(look, type) !== undefined) || wantsHearing(look);
}

function observeRequest(talk: Conversation, request: DeltaRequest): void {
  const answered = talk.unanswered[request.type].get(request.nonce);
  talk.unanswered[request.type].delete(request.nonce);
  if (answered) observeAnswer(talk.acked[request.type], answered, request.error);
  for (const name of [...request.subscribe, ...request.unsubscribe]) observeQuestion(talk, request.type, name);
  if (talk.line.saysWhatItHolds) for (const [name, version] of request.initial) talk.acked[request.type].set(name, version);
}

/** Of a rejected response nothing is certain. */
function observeAnswer(acked: Map<string, string>, answered: DeltaSend, error: string | undefined): void {
  for (const name of [...answered.put.map((put) => put.name), ...answered.removed]) acked.delete(name);
  if (error === undefined) for (const { name, version } of answered.put) acked.set(name, version);
}

/** An answer that crosses the question does not answer it. */
function observeQuestion(talk: Conversation, type: XdsType, name: string): void {
  const unanswered = talk.unanswered[type];
  talk.acked[type].delete(name);
  talk.refused[type].delete(name);
  for (const [nonce, send] of unanswered) unanswered.set(nonce, { ...send, put: send.put.filter((put) => put.name !== name) });
}

function observeSend(talk: Conversation, send: DeltaSend): void {
  const { type } = send;
  const { wrongs } = talk.envoy;
  talk.resources += send.put.length + send.removed.length;
  if (talk.unanswered[type].size > 0) wrongs.push(`two responses of ${type} in flight`);
  talk.unanswered[type].set(send.nonce, send);
  if (type === "CDS" && talk.line.repeats(type)) forgetAssignments(talk, send);
  for (const put of send.put) observePut(talk, type, put);
}

function observePut(talk: Conversation, type: XdsType, { name, version }: VersionedName): void {
  const { wrongs } = talk.envoy;
  const excused = talk.line.repeats(type) || (type === "EDS" && talk.clustersSent.delete(name));
  if (!excused && talk.acked[type].get(name) === version) wrongs.push(`${type} ${name} sent again though held`);
  if (talk.refused[type].get(name) === version) wrongs.push(`${type} ${name} sent again though rejected`);
  if (type === "CDS") talk.clustersSent.add(name);
}

/** Envoy lets go of the assignments of clusters that a whole set leaves out. */
function forgetAssignments({ acked }: Conversation, { put }: DeltaSend): void {
  const kept = new Set(put.map(({ name }) => name));
  for (const name of [...acked.EDS.keys()]) if (!kept.has(name)) acked.EDS.delete(name);
}

/** What is wrong with a conversation at rest. */
export function restWrongs(talk: Conversation): readonly string[] {
  const { envoy } = talk;
  const wrongs = envoy.wrongs.filter((wrong) => !talk.mayBreak || !wrong.includes(" points to "));
  if (!isSettled(talk.line.stream())) wrongs.push("not settled");
  if (xdsTypes.some((type) => talk.unanswered[type].size > 0)) wrongs.push("a response was never answered");
  if (isSound(talk) && !talk.line.isTruthful()) wrongs.push("what Envoy would tell a new stream is not what it has");
  return wrongs;
}

/** Nothing is pending and nothing flawed: whatever was half applied can be made good. */
function isSound({ world, contents }: Conversation): boolean {
  const versions = (["CDS", "EDS", "ECDS", "LDS", "RDS"] as const).flatMap((type) => [...world[type].values()]);
  return versions.every((version) => version !== "pending" && contents.of(version).flaw === "none");
}
