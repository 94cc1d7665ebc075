import { untilReachable, type Bus } from "@osm/bus";
import { compileMesh, sentenceOf, type CompiledMesh, type MeshSettings } from "@osm/compile";
import { emptyState, foldAll, type MeshName } from "@osm/model";
import { createMetrics, createPump, type Clock, type Log, type Metrics, type Tracer } from "@osm/runtime";
import type { Store } from "@osm/store";
import { subjectsOf } from "@osm/wire";
import { createBlobDesk } from "./answer-blobs.ts";
import { traceChanges } from "./change-trace.ts";
import { compilerMetrics } from "./compiler-metrics.ts";
import { earlierOf } from "./earlier.ts";
import { openPublisher, type Publisher } from "./publish-mesh.ts";
import { readFacts, type News } from "./read-facts.ts";
import { readVerdicts } from "./read-verdicts.ts";
import { rejections, withdrawPast } from "./rejections.ts";
import { shareOut } from "./shares.ts";

export interface CompilerDeps {
  readonly mesh: MeshName;
  /** Name of this replica, unlike any other's. */
  readonly member: string;
  readonly settings: MeshSettings;
  readonly bus: Bus;
  readonly store: Store;
  /** The system's when not given. */
  readonly clock?: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly signal: AbortSignal;
  /** Called when everything known has been compiled, and what is this one's to say has been said, for the first time. */
  readonly ready: () => void;
}

/** Folds facts, compiles what they touch, and says what differs of that which it owns; until the signal aborts. */
export async function runCompiler(deps: CompilerDeps): Promise<void> {
  const { bus, log, member, signal } = deps;
  const subjects = subjectsOf(deps.mesh);
  const trace = traceChanges({ ...deps, metrics: compilerMetrics(deps.metrics ?? createMetrics()) });
  const failure = Promise.withResolvers<never>();
  let state = emptyState;
  let compiled: CompiledMesh | undefined;
  let publisher: Publisher | undefined;
  /** Of what is owned, when all of it was last said. */
  let saidIn: number | undefined;
  await using desk = createBlobDesk({ bus, subjects, bytesOf: (digest) => compiled?.resources.get(digest)?.bytes ?? publisher?.blobs().get(digest) });

  const isDue = (news: News) => isSomething(news) || verdicts.isNew() || shares.epoch() !== saidIn || publisher?.isDisturbed() === true;
  const begin = async () => {
    await publisher?.[Symbol.asyncDispose]();
    publisher = await openPublisher({ ...deps, origin: trace.origin, subjects, shares, changed: pump.trigger, failed: failure.reject });
    await shares.known;
  };
  const compile = (news: News): CompiledMesh => {
    state = foldAll(news.anew ? emptyState : state, news.facts);
    const mesh = compileMesh(state, deps.settings, earlierOf(compiled, publisher?.standing() ?? []));
    if (isSomething(news)) log.info({ revision: mesh.revision, facts: news.facts.length, views: mesh.views.length }, "mesh compiled");
    shares.reached({ revision: mesh.revision, through: news.through });
    shares.join();
    return (compiled = mesh);
  };
  const turn = async () => {
    const news = reader.take();
    if (!news || !isDue(news)) return;
    const rejected = verdicts.take();
    if (news.anew) await untilReachable(begin, deps);
    const mesh = trace.compile(news.facts, () => compile(news));
    const epoch = shares.epoch();
    const findings = [...mesh.findings, ...rejections(state, mesh, rejected)];
    logFindings(log, { ...mesh, findings });
    await untilReachable(() => desk.answerFor(new Set([member, ...(publisher?.publishers() ?? [])])), deps);
    const isWhole = await trace.publish(() => untilReachable(async () => publisher?.publish({ ...mesh, findings }), deps));
    await untilReachable(() => withdrawPast(bus, mesh, rejected), deps);
    if (signal.aborted || isWhole !== true) return;
    saidIn = epoch;
    deps.ready();
  };
  const pump = createPump(turn, failure.reject);
  const echoed = () => {
    if (publisher?.isDisturbed()) pump.trigger();
  };
  const shares = shareOut({ ...deps, subjects, changed: pump.trigger, echoed, failed: failure.reject });
  const { reader, done } = readFacts(bus, { subjects, log, signal, changed: pump.trigger });
  const { verdicts, done: heard } = readVerdicts(bus, { subjects, log, signal, changed: pump.trigger });
  await Promise.race([Promise.all([done, heard, shares.done]), failure.promise]);
  await pump.idle();
  await publisher?.[Symbol.asyncDispose]();
  await shares.leave();
}

function isSomething({ anew, facts }: News): boolean {
  return anew || facts.length > 0;
}

function logFindings(log: Log, { findings, revision }: CompiledMesh): void {
  for (const finding of findings) log.debug({ revision, ...finding, means: sentenceOf(finding) }, "finding");
}
