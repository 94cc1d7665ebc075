import { createWriter, type Bus, type Writer } from "@osm/bus";
import type { MeshContext } from "@osm/intake";
import type { Cluster, ClusterEvent } from "@osm/kube";
import { digestOfJson, factKinds, refOf, refParts, type FactKind, type ObjectRef } from "@osm/model";
import type { Log } from "@osm/runtime";
import { decodeJson, encodeJson, factPayload, subjectsOf, syncPayload, type FactPayload } from "@osm/wire";
import { factsOfMesh, nothingSeen, observe, type Observations, type Remark, type Statement } from "./observations.ts";

export interface WatcherDeps {
  readonly context: MeshContext;
  readonly cluster: Cluster;
  readonly bus: Bus;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called once the first list is on the bus. */
  readonly ready: () => void;
}

/** Observes a cluster and keeps the bus's facts equal to it, until the signal aborts. Publishes differences only. */
export async function runWatcher(deps: WatcherDeps): Promise<void> {
  const facts = createWriter(deps.bus, { sameAs: (bytes) => digestOfJson(decodeJson(factPayload, bytes).fact), yieldsTo: () => false });
  const say = createSpeaker(deps, facts);
  await adoptStanding(deps, facts);

  let seen = nothingSeen;
  let listed = false;
  for await (const event of deps.cluster.watch({ signal: deps.signal })) {
    if (event.kind === "listed") {
      await say.all(seen);
      listed = true;
      deps.ready();
    } else if (event.kind === "unreadable") {
      deps.log.warn({ source: event.source, line: event.line, reason: event.reason }, "manifest unreadable, earlier content stays");
    } else {
      seen = await follow({ deps, say, listed }, seen, event);
    }
  }
}

interface Following {
  readonly deps: WatcherDeps;
  readonly say: Speaker;
  readonly listed: boolean;
}

/** Before the list is complete objects are only collected: it is said as a whole, so that nothing looks gone meanwhile. */
async function follow({ deps, say, listed }: Following, seen: Observations, event: Extract<ClusterEvent, { kind: "object" | "gone" }>): Promise<Observations> {
  const observed = observe(seen, event, deps.context);
  if (listed) for (const statement of observed.statements) await say.one(statement);
  for (const remark of observed.remarks) await say.remark(remark);
  return observed.seen;
}

/** What other watchers, or this one in an earlier life, have said. */
async function adoptStanding({ bus, context, signal }: WatcherDeps, facts: Writer): Promise<void> {
  for await (const event of bus.watch(subjectsOf(context.mesh).facts, { signal })) {
    if (event.kind === "entry") facts.adopt(event.entry);
    if (event.kind === "current") return;
  }
}

interface Speaker {
  one(statement: Statement): Promise<void>;
  /** Says everything that stands, withdraws the rest, and completes the barrier of each kind. */
  all(seen: Observations): Promise<void>;
  remark(remark: Remark): Promise<void>;
}

function createSpeaker({ bus, context, now, log }: WatcherDeps, facts: Writer): Speaker {
  const subjects = subjectsOf(context.mesh);
  const barriers = createWriter(bus, { sameAs: (bytes) => decodeJson(syncPayload, bytes).incarnation, yieldsTo: () => true });
  const remarks = createWriter(bus, { sameAs: (bytes) => digestOfJson([...bytes]), yieldsTo: () => false });
  let through = 0;

  const one = async ({ ref, fact }: Statement) => {
    const payload: FactPayload | undefined = fact && { fact, observedAt: now() };
    const seq = await facts.write(subjectOf(subjects.fact, ref), payload && encodeJson(payload));
    through = Math.max(through, seq);
    log.debug({ ref, seq, gone: fact === undefined }, "fact said");
  };

  return {
    one,
    all: async (seen) => {
      const said = new Set<string>();
      for (const fact of factsOfMesh(seen)) {
        const ref = refOf(fact);
        await one({ ref, fact });
        said.add(subjectOf(subjects.fact, ref));
      }
      for (const subject of [...facts.standing()]) if (!said.has(subject)) through = Math.max(through, await facts.write(subject, undefined));
      const incarnation = await bus.incarnation();
      for (const kind of factKinds) await barriers.write(subjects.sync(kind), encodeJson({ incarnation, through }));
      log.info({ facts: said.size, through }, "list said");
    },
    remark: async ({ ref, source, findings }) => {
      await remarks.write(subjects.finding("watcher", ref), findings.length === 0 ? undefined : encodeJson({ source, findings }));
      for (const { code, field, detail } of findings) log.warn({ ref, source, code, field, detail }, "object not taken as it is");
    },
  };
}

function subjectOf(fact: (kind: FactKind, namespace: string, name: string) => string, ref: ObjectRef): string {
  const { kind, namespace, name } = refParts(ref);
  const known = factKinds.find((each) => each === kind);
  if (!known) throw new TypeError(`no fact is made of a ${kind}`);
  return fact(known, namespace, name);
}
