import type { Bus } from "@osm/bus";
import { compileMesh, sentenceOf, type CompiledMesh, type MeshSettings } from "@osm/compile";
import { emptyState, fold, type Digest, type MeshName } from "@osm/model";
import { createPump, type Log } from "@osm/runtime";
import type { Store } from "@osm/store";
import { blobReply, blobRequest, decodeJson, encodeJson, subjectsOf } from "@osm/wire";
import type { z } from "zod";
import { createPublisher } from "./publish-mesh.ts";
import { readFacts } from "./read-facts.ts";

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
  const { bus, store, log, member, signal } = deps;
  const subjects = subjectsOf(deps.mesh);
  const publisher = createPublisher({ bus, store, subjects, member, log });
  await publisher.adopt(signal);

  const failure = Promise.withResolvers<never>();
  let state = emptyState;
  let compiled: CompiledMesh | undefined;
  const turn = async () => {
    const facts = reader.take();
    if (!reader.complete() || (facts.length === 0 && compiled)) return;
    for (const { observation, revision } of facts) state = fold(state, observation, revision);
    compiled = compileMesh(state, deps.settings, compiled);
    logFindings(log, compiled);
    await publisher.publish(compiled);
    log.info({ revision: compiled.revision, facts: facts.length, views: compiled.views.length }, "mesh compiled");
    deps.ready();
  };
  const pump = createPump(turn, failure.reject);
  const { reader, done } = readFacts(bus, { subjects, signal, changed: pump.trigger });
  await using _blobs = await bus.respond(subjects.callBlob(member), async (bytes) => encodeJson(answer(bytes, compiled)));

  await Promise.race([done, failure.promise]);
  await pump.idle();
}

/** Bytes by digest, for readers that the store failed. */
function answer(request: Uint8Array, compiled: CompiledMesh | undefined): z.input<typeof blobReply> {
  const { digests } = decodeJson(blobRequest, request);
  const bytesOf = (digest: Digest) => compiled?.resources.get(digest)?.bytes;
  return { blobs: digests.map((digest) => Buffer.from(bytesOf(digest) ?? []).toString("base64") || null) };
}

function logFindings(log: Log, { findings, revision }: CompiledMesh): void {
  for (const finding of findings) log.debug({ revision, ...finding, means: sentenceOf(finding) }, "finding");
}
