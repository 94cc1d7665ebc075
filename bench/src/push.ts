import { sealResource, type AdsService } from "@osm/ads";
import { compileMesh, type CompiledMesh } from "@osm/compile";
import { decode, DeltaDiscoveryRequestSchema, DeltaDiscoveryResponseSchema, encode } from "@osm/envoy-api";
import { digestOf, podUid, trustSecret, typeUrls, wholeLists, xdsTypes, type Offering, type View, type XdsType } from "@osm/model";
import { createProxyStream, type ProxyStream } from "../../services/xds/src/stream.ts";
import type { Outgoing } from "../../services/xds/src/conversation.ts";
import { listingOf, namesOf } from "../../services/xds/src/listing.ts";
import { createStreams, type Streams } from "../../services/xds/src/streams.ts";
import { createTrials } from "../../services/xds/src/trials.ts";
import { activate, newWorld, type ActiveView, type World } from "../../services/xds/src/world.ts";
import { median, type Row } from "./report.ts";
import { shopFacts, stateOf } from "./shop.ts";

const rounds = 20;
const aggregated = { path: "", protocol: "delta", serves: "all" } as const satisfies AdsService;

/** What one change of endpoints costs a replica: from the assignment that it learnt to the last ACK. */
export function* pushRows(sizes: readonly number[], streams: number): Iterable<Row> {
  for (const services of sizes) {
    const fleet = connectFleet(services, streams);
    const pushes = Array.from({ length: rounds }, (_, round) => pushOnce(fleet, round));
    const of = `${services} services, ${streams} streams`;
    yield { bench: "push", of, what: "connected, all ACKed", values: { "ms a stream": fleet.connectMs / streams, "bytes a stream": fleet.connectBytes / streams } };
    yield { bench: "push", of, what: "memory of a settled stream", values: { "KiB a stream": fleet.heapBytes / streams / 1024 } };
    yield {
      bench: "push", of, what: "one endpoint changed",
      values: {
        "µs CPU a push": median(pushes.map(({ pushMicros }) => pushMicros)) / streams,
        "µs CPU an ACK": median(pushes.map(({ ackMicros }) => ackMicros)) / streams,
        "bytes a proxy": median(pushes.map(({ bytes }) => bytes)) / streams,
      },
    };
  }
}

interface Proxy {
  readonly stream: ProxyStream;
  /** Responses that it has not answered. */
  readonly unanswered: Outgoing[];
}

interface Fleet {
  readonly world: World;
  readonly streams: Streams;
  readonly proxies: readonly Proxy[];
  readonly wire: { bytes: number };
  readonly assignment: { readonly name: string; readonly bytes: Uint8Array };
  readonly connectMs: number;
  readonly connectBytes: number;
  readonly heapBytes: number;
}

function listedOf({ resources: { CDS, ECDS, LDS, RDS, SDS } }: Pick<Offering, "resources">): ActiveView["listed"] {
  return { CDS: listingOf(CDS), ECDS: listingOf(ECDS), LDS: listingOf(LDS), RDS: listingOf(RDS), SDS: listingOf(SDS) };
}

function connectFleet(services: number, count: number): Fleet {
  const mesh = compileMesh(stateOf(shopFacts({ services, mode: "permissive" })), { trustDomain: "cluster.local" });
  const [first] = mesh.views;
  const [assignment] = mesh.assignments;
  if (!first || !assignment) throw new Error("nothing was compiled");
  const world = worldOf(mesh);
  const whole = wholeLists(mesh.offerings)(first);
  const view = activate({ ...first, endpoints: new Set(whole.endpoints), listed: listedOf(whole), revision: 1, publishers: ["bench"] });
  world.views.set(first.id, view);
  const streams = createStreams(world, createTrials({ now: () => 0, schedule: () => () => undefined, signal: new AbortController().signal, opened: () => undefined }));
  const wire = { bytes: 0 };
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const start = process.cpuUsage();
  const proxies = Array.from({ length: count }, (_, at) => openStream({ world, view, wire }, first, at));
  for (const proxy of proxies) subscribe(proxy, view, streams);
  const connectMs = microsSince(start) / 1000;
  globalThis.gc?.();
  const heapBytes = process.memoryUsage().heapUsed - heapBefore;
  return { world, streams, proxies, wire, assignment, connectMs, connectBytes: wire.bytes, heapBytes };
}

/** What a replica would know of the mesh. */
function worldOf({ resources, assignments }: CompiledMesh): World {
  const world = newWorld();
  for (const { type, name, digest, bytes, needs } of resources.values()) {
    world.sealed[type].set(digest, { bytes: sealResource({ typeUrl: typeUrls[type], name, version: digest, bytes }), needs });
  }
  for (const each of assignments) putAssignment(world, each.name, each.bytes);
  const bytes = new Uint8Array(1000);
  const version = digestOf(bytes);
  world.trust = { version, issuer: version, bytes: sealResource({ typeUrl: typeUrls.SDS, name: trustSecret, version, bytes }) };
  return world;
}

/** @returns the version that stood there before. */
function putAssignment(world: World, name: string, bytes: Uint8Array): string {
  const from = world.assignments.get(name)?.version ?? "absent";
  const version = digestOf(bytes);
  world.assignments.set(name, { version, bytes: sealResource({ typeUrl: typeUrls.EDS, name, version, bytes }) });
  return from;
}

interface Serving {
  readonly world: World;
  readonly view: ActiveView;
  readonly wire: { bytes: number };
}

function openStream({ world, view, wire }: Serving, { id, identity }: View, at: number): Proxy {
  const unanswered: Outgoing[] = [];
  const stream = createProxyStream({
    world, view, service: aggregated,
    proxy: { uid: podUid(`uid-${at}`), view: id, identity, namespace: identity.namespace, pod: `pod-${at}` },
    peer: "",
    write: (parts) => {
      for (const part of parts) wire.bytes += part.length;
    },
    sent: (out) => unanswered.push(out),
    asked: () => undefined,
    answered: () => undefined,
    took: () => undefined,
    moved: () => undefined,
    malformed: (err) => {
      throw err;
    },
    end: (reason) => {
      throw new Error(`a stream ended: ${reason}`);
    },
    failed: (err) => {
      throw err;
    },
    now: () => 0,
  });
  return { stream, unanswered };
}

/** Asks as a fresh Envoy does, and takes whatever comes. */
function subscribe(proxy: Proxy, view: ActiveView, streams: Streams): void {
  const names: Readonly<Record<XdsType, Iterable<string>>> = { CDS: [], LDS: [], ECDS: namesOf(view.listed.ECDS), RDS: namesOf(view.listed.RDS), EDS: view.endpoints, SDS: [trustSecret] };
  streams.add(proxy.stream);
  for (const type of xdsTypes) {
    proxy.stream.hear(encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], resourceNamesSubscribe: [...names[type]] }));
    answerAll(proxy);
  }
  if (!proxy.stream.settled()) throw new Error("a proxy did not settle");
}

function answerAll(proxy: Proxy): void {
  while (proxy.unanswered.length > 0) for (const ack of acksOf(proxy)) proxy.stream.hear(ack);
}

/** The requests that acknowledge what is unanswered. */
function acksOf({ unanswered }: Proxy): readonly Uint8Array[] {
  return unanswered.splice(0).map(({ type, parts }) => {
    const { nonce } = decode(DeltaDiscoveryResponseSchema, Buffer.concat(parts));
    return encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], responseNonce: nonce });
  });
}

interface Push {
  readonly pushMicros: number;
  readonly ackMicros: number;
  readonly bytes: number;
}

function pushOnce({ world, streams, proxies, wire, assignment: { name, bytes } }: Fleet, round: number): Push {
  // Opaque here: one byte more makes it another.
  const changed = Uint8Array.from([...bytes, 0]);
  const from = putAssignment(world, name, round % 2 === 0 ? changed : bytes);
  const before = wire.bytes;
  const pushing = process.cpuUsage();
  streams.assignmentChanged(name, from);
  const pushMicros = microsSince(pushing);
  const acks = proxies.map((proxy) => ({ proxy, requests: acksOf(proxy) }));
  const acking = process.cpuUsage();
  for (const { proxy, requests } of acks) for (const each of requests) proxy.stream.hear(each);
  const ackMicros = microsSince(acking);
  if (!proxies.every(({ stream }) => stream.settled())) throw new Error("a proxy did not settle");
  return { pushMicros, ackMicros, bytes: wire.bytes - before };
}

function microsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
