import { untilReachable, type Bus } from "@osm/bus";
import { compileMesh, sentenceOf, type CompiledMesh, type MeshSettings } from "@osm/compile";
import { emptyState, fold, type MeshName } from "@osm/model";
import { createPump, type Log } from "@osm/runtime";
import type { Store } from "@osm/store";
import { subjectsOf } from "@osm/wire";
import { createBlobDesk } from "./answer-blobs.ts";
import { openPublisher, type Publisher } from "./publish-mesh.ts";
import { readFacts, type News } from "./read-facts.ts";
import { readVerdicts } from "./read-verdicts.ts";
import { rejections, withdrawPast } from "./rejections.ts";

export interface CompilerDeps {
  readonly mesh: MeshName;
  /** Name of this replica, unlike any other's. */
  readonly member: string;
  readonly settings: MeshSettings;
  readonly bus: Bus;
  readonly store: Store;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called when everything known has been compiled and said for the first time. */
  readonly ready: () => void;
}

/** Folds facts, compiles what they touch, and says what differs; until the signal aborts. */
export async function runCompiler(deps: CompilerDeps): Promise<void> {
  const { bus, log, member, signal } = deps;
  const subjects = subjectsOf(deps.mesh);
  const failure = Promise.withResolvers<never>();
  let state = emptyState;
  let compiled: CompiledMesh | undefined;
  let publisher: Publisher | undefined;
  let found: Publisher["found"] = [];
  await using desk = createBlobDesk({ bus, subjects, bytesOf: (digest) => compiled?.resources.get(digest)?.bytes });

  const begin = async () => {
    const opened = await openPublisher({ ...deps, subjects });
    await desk.answerFor([member, ...opened.found.map((view) => view.publisher)]);
    return opened;
  };
  const turn = async () => {
    const news = reader.take();
    if (!news || !(isSomething(news) || verdicts.isNew())) return;
    const rejected = verdicts.take();
    if (news.anew) {
      state = emptyState;
      publisher = await untilReachable(begin, deps);
      found = publisher?.found ?? [];
    }
    for (const { observation, revision } of news.facts) state = fold(state, observation, revision);
    const mesh = compileMesh(state, deps.settings, compiled ?? { views: found });
    compiled = mesh;
    const findings = [...mesh.findings, ...rejections(state, mesh, rejected)];
    logFindings(log, { ...mesh, findings });
    await untilReachable(async () => publisher?.publish({ ...mesh, findings }), deps);
    await untilReachable(() => withdrawPast(bus, mesh, rejected), deps);
    if (signal.aborted) return;
    log.info({ revision: mesh.revision, facts: news.facts.length, views: mesh.views.length }, "mesh compiled");
    deps.ready();
  };
  const pump = createPump(turn, failure.reject);
  const { reader, done } = readFacts(bus, { subjects, log, signal, changed: pump.trigger });
  const { verdicts, done: heard } = readVerdicts(bus, { subjects, log, signal, changed: pump.trigger });
  await Promise.race([Promise.all([done, heard]), failure.promise]);
  await pump.idle();
}

function isSomething({ anew, facts }: News): boolean {
  return anew || facts.length > 0;
}

function logFindings(log: Log, { findings, revision }: CompiledMesh): void {
  for (const finding of findings) log.debug({ revision, ...finding, means: sentenceOf(finding) }, "finding");
}
