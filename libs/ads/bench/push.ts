// One endpoint changes under many settled streams: CPU of `step` per stream, for the push and its ACK.
// Budget: 20 µs a stream, and no growth with the number of subscribed resources.
import { xdsTypes } from "@osm/model";
import type { XdsType } from "@osm/model";
import type { Change, DeltaRequest, StreamState, Target } from "../src/index.ts";
import { isSettled, newStream, step } from "../src/index.ts";

const streamCount = 1000;
const rounds = 20;

type Versions = Record<XdsType, Map<string, string>>;

function versionsOf(services: number): Versions {
  const names = Array.from({ length: services }, (_, index) => `bookstore/service-${index}:8080`);
  const all = (): Map<string, string> => new Map(names.map((name) => [name, "1"]));
  return { CDS: all(), EDS: all(), ECDS: new Map(), LDS: all(), RDS: all(), SDS: new Map([["identity", "1"], ["trust", "1"]]) };
}

function targetOf(versions: Versions): Target {
  return {
    version: (type, name) => versions[type].get(name) ?? "absent",
    names: (type) => versions[type].keys(),
    needs: (type, name) => (type === "LDS" || type === "RDS" || type === "CDS" ? [name] : []),
  };
}

const blank = { nonce: "", subscribe: [], unsubscribe: [], initial: new Map<string, string>(), error: undefined };

/** Connects a fresh proxy and has it acknowledge everything. */
function connected(versions: Versions, target: Target): StreamState {
  let state = newStream();
  const send = (request: DeltaRequest): void => {
    const result = step(state, { kind: "request", request }, target);
    state = result.state;
    for (const { type, nonce } of result.send) send({ ...blank, type, nonce });
  };
  for (const type of xdsTypes) {
    const isWildcard = type === "CDS" || type === "LDS";
    send({ ...blank, type, subscribe: isWildcard ? [] : [...versions[type].keys()] });
  }
  if (!isSettled(state)) throw new Error("not settled");
  return state;
}

interface Cost {
  readonly services: number;
  readonly pushMicros: number;
  readonly ackMicros: number;
  readonly bytesPerStream: number;
}

function measure(services: number): Cost {
  const versions = versionsOf(services);
  const target = targetOf(versions);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let states = Array.from({ length: streamCount }, () => connected(versions, target));
  globalThis.gc?.();
  const bytesPerStream = (process.memoryUsage().heapUsed - before) / streamCount;
  const push: number[] = [];
  const ack: number[] = [];
  for (let round = 2; round < rounds + 2; round += 1) {
    versions.EDS.set("bookstore/service-7:8080", String(round));
    const changes: readonly Change[] = [{ type: "EDS", name: "bookstore/service-7:8080", from: String(round - 1) }];
    const started = process.cpuUsage();
    const pushed = states.map((state) => step(state, { kind: "retarget", changes }, target));
    push.push(microsSince(started));
    const acking = process.cpuUsage();
    states = pushed.map(({ state, send }) => {
      const request = { ...blank, type: "EDS" as const, nonce: send[0]?.nonce ?? "none" };
      return step(state, { kind: "request", request }, target).state;
    });
    ack.push(microsSince(acking));
  }
  if (!states.every(isSettled)) throw new Error("not settled");
  return { services, pushMicros: median(push), ackMicros: median(ack), bytesPerStream };
}

function microsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / streamCount;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

measure(50); // warms the compiler
for (const services of [100, 1000]) {
  const { pushMicros, ackMicros, bytesPerStream } = measure(services);
  const sum = pushMicros + ackMicros;
  console.log(`${services} services, ${streamCount} streams: push ${pushMicros.toFixed(2)} µs, ACK ${ackMicros.toFixed(2)} µs, sum ${sum.toFixed(2)} µs a stream; ${(bytesPerStream / 1024).toFixed(1)} KiB a stream`);
}
