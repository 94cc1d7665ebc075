import { createMemoryBus, type Bus, type MemoryBus } from "@osm/bus";
import { runCompiler } from "@osm/compiler";
import { factKinds, meshName, type Fact } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { createMemoryStore } from "@osm/store";
import { compiledPayload, decodeJson, encodeJson, subjectsOf } from "@osm/wire";
import { median, type Row } from "./report.ts";
import { podFact, shopFacts, sliceFact, targetFact, workloadFacts, type Shop } from "./shop.ts";

const mesh = meshName("bench");
const subjects = subjectsOf(mesh);
const rounds = 7;

const changes: Readonly<Record<string, (shop: Shop, round: number) => readonly Fact[]>> = {
  "EndpointSlice changed": (_shop, round) => [sliceFact(7, 1 + (round % 2))],
  "Pod added": (_shop, round) => [podFact(7, 10 + round)],
  "TrafficTarget edited": ({ services }, round) => [targetFact(7, services, [6, 20 + round])],
  "Service added": ({ services }, round) => workloadFacts(services + round),
};

/** From a fact on the bus to the compiler's word that all it led to is said, on a bus and a store within this process. */
export async function* publishRows(sizes: readonly number[]): AsyncIterable<Row> {
  for (const services of sizes) for (const mode of ["permissive", "smi"] as const) yield* rowsOf({ services, mode });
}

async function* rowsOf(shop: Shop): AsyncIterable<Row> {
  const counting = countingBus();
  const ending = new AbortController();
  for (const fact of shopFacts(shop)) await say(counting.bus, fact);
  const incarnation = await counting.bus.incarnation();
  for (const kind of factKinds) await counting.bus.publish(subjects.sync(kind), encodeJson({ incarnation, through: 0 }));
  const begun = performance.now();
  const { ready, done } = start(counting.bus, ending.signal);
  await ready;
  yield row(shop, "all published", { ms: performance.now() - begun, ...counting.take() });
  for (const [name, change] of Object.entries(changes)) {
    if (shop.mode === "permissive" && name === "TrafficTarget edited") continue;
    counting.take();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await published(counting.bus, change(shop, round)));
    const { messages, bytes } = counting.take();
    yield row(shop, name, { ms: median(times), messages: messages / rounds, bytes: bytes / rounds });
  }
  if (shop.services > 100) yield row(shop, "EndpointSlice beside a storm", { ms: await besideStorm(counting.bus, shop.services - 1) });
  ending.abort();
  await done;
  await counting.bus[Symbol.asyncDispose]();
}

function start(bus: Bus, signal: AbortSignal) {
  const ready = Promise.withResolvers<void>();
  const settings = { trustDomain: "cluster.local" };
  const done = runCompiler({ mesh, member: "compiler-0", settings, bus, store: createMemoryStore(), log: silentLog, signal, ready: ready.resolve });
  return { ready: ready.promise, done };
}

async function say(bus: Bus, fact: Fact): Promise<number> {
  return bus.publish(subjects.fact(fact.kind, fact.namespace, fact.name), encodeJson({ fact, observedAt: 0 }));
}

/** @returns milliseconds from the first fact's write. */
async function published(bus: Bus, facts: readonly Fact[]): Promise<number> {
  const begun = performance.now();
  let last = 0;
  for (const fact of facts) last = await say(bus, fact);
  await standsWith(bus, subjects.allCompiled, (bytes) => decodeJson(compiledPayload, bytes).revision >= last);
  return performance.now() - begun;
}

/** How long an endpoint's change takes while pods of another namespace come without a pause. */
async function besideStorm(bus: MemoryBus, other: number): Promise<number> {
  const storm = new AbortController();
  const raging = rage(bus.connect(), other, storm.signal);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const seq = await say(bus, sliceFact(7, 2 + (round % 2)));
    await standsWith(bus, subjects.endpoints("team-0/app-7|8080"), (_bytes, at) => at > seq);
    times.push(performance.now() - begun);
  }
  storm.abort();
  await raging;
  return median(times);
}

async function rage(bus: Bus, service: number, signal: AbortSignal): Promise<void> {
  for (let at = 0; !signal.aborted; at++) {
    await say(bus, podFact(service, 10 + (at % 200)));
    if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function standsWith(bus: Bus, filter: string, check: (bytes: Uint8Array, seq: number) => boolean): Promise<void> {
  for await (const event of bus.watch(filter, { signal: new AbortController().signal })) {
    if (event.kind === "entry" && event.entry.bytes && check(event.entry.bytes, event.entry.seq)) return;
  }
}

/** A bus that counts what compilers write. */
function countingBus() {
  const inner = createMemoryBus();
  let [messages, bytes] = [0, 0];
  const bus: MemoryBus = {
    ...inner,
    publish: (subject, payload, options) => {
      if (!/[.](fact|sync|member)[.]/.test(subject)) [messages, bytes] = [messages + 1, bytes + (payload?.length ?? 0)];
      return inner.publish(subject, payload, options);
    },
  };
  const take = () => {
    const taken = { messages, bytes };
    [messages, bytes] = [0, 0];
    return taken;
  };
  return { bus, take };
}

function row({ services, mode }: Shop, what: string, values: Row["values"]): Row {
  return { bench: "publish", of: `${services} services, ${mode}`, what: `published: ${what}`, values };
}
