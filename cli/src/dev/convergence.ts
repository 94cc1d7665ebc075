import type { Bus } from "@osm/bus";
import { headOf, splitDocuments } from "@osm/intake";
import { factKinds, type Fact, type MeshName } from "@osm/model";
import { decodeJson, factPayload, progressPayload, subjectsOf, type ProgressPayload } from "@osm/wire";

/** How a change of a manifest went. */
export interface Converged {
  /** From the change of the file to the last ACK of the last proxy. */
  readonly tookMs: number;
  readonly revision: number;
  readonly proxies: number;
}

const givingUpMs = 30_000;

/**
 * Runs a change and waits until every proxy has ACKed what follows from it. `text` is a manifest whose objects the change
 * creates, alters or deletes: a fact is awaited of each.
 */
export async function converge(bus: Bus, mesh: MeshName, { text, change }: { readonly text: string; readonly change: () => Promise<void> }): Promise<Converged> {
  const signal = AbortSignal.timeout(givingUpMs);
  const refs = factSubjects(text, mesh);
  const before = new Map(await Promise.all(refs.map(async (subject) => [subject, (await bus.last(subject))?.seq ?? 0] as const)));

  const startedAt = Date.now();
  await change();
  const seqs = await Promise.all(refs.map((subject) => newerThan(bus, { subject, seq: before.get(subject) ?? 0, signal })));
  const progress = await settled(bus, mesh, { revision: Math.max(...seqs), proxies: 0 });
  // A change that no proxy has to be told of was settled before it.
  return { tookMs: Math.max(0, progress.settledAt - startedAt), revision: progress.revision, proxies: progress.proxies };
}

function factSubjects(text: string, mesh: MeshName): readonly string[] {
  const documents = splitDocuments(text);
  if (documents.kind === "broken") throw new Error(`manifest broken in line ${documents.line}: ${documents.reason}`);
  return documents.objects.flatMap((object) => {
    const head = headOf(object);
    const kind = factKinds.find((each) => each === head?.kind);
    return head && kind ? [subjectsOf(mesh).fact(kind, head.namespace, head.name)] : [];
  });
}

interface Awaited {
  readonly subject: string;
  readonly seq: number;
  readonly signal: AbortSignal;
}

async function newerThan(bus: Bus, { subject, seq, signal }: Awaited): Promise<number> {
  for await (const event of bus.watch(subject, { signal })) if (event.kind === "entry" && event.entry.seq > seq) return event.entry.seq;
  throw new Error(`nothing was said of ${subject} within ${givingUpMs / 1000} s`);
}

/** Waits until a fact is as wanted. @returns its revision. */
export async function factWhere(bus: Bus, mesh: MeshName, wanted: (fact: Fact) => boolean): Promise<number> {
  const signal = AbortSignal.timeout(givingUpMs);
  for await (const event of bus.watch(subjectsOf(mesh).facts, { signal })) {
    if (event.kind === "entry" && event.entry.bytes && wanted(decodeJson(factPayload, event.entry.bytes).fact)) return event.entry.seq;
  }
  throw new Error(`no such fact within ${givingUpMs / 1000} s`);
}

export interface Settling {
  readonly revision: number;
  /** That many proxies at least must be connected. */
  readonly proxies: number;
}

/** Waits until every replica has applied the revision and all its proxies have settled. */
export async function settled(bus: Bus, mesh: MeshName, { revision, proxies }: Settling): Promise<ProgressPayload> {
  const signal = AbortSignal.timeout(givingUpMs);
  const replicas = new Map<string, ProgressPayload>();
  for await (const event of bus.watch(subjectsOf(mesh).allProgress, { signal })) {
    if (event.kind !== "entry") continue;
    if (event.entry.bytes) replicas.set(event.entry.subject, decodeJson(progressPayload, event.entry.bytes));
    else replicas.delete(event.entry.subject);
    const all = [...replicas.values()];
    const whole = all.every((each) => each.revision >= revision && each.settled === each.proxies);
    if (whole && merged(all).proxies >= proxies) return merged(all);
  }
  throw new Error(`proxies have not settled at revision ${revision} within ${givingUpMs / 1000} s: ${JSON.stringify([...replicas.values()])}`);
}

function merged(all: readonly ProgressPayload[]): ProgressPayload {
  const sum = (of: (each: ProgressPayload) => number) => all.reduce((total, each) => total + of(each), 0);
  return {
    revision: Math.min(...all.map(({ revision }) => revision)),
    proxies: sum(({ proxies }) => proxies),
    settled: sum((each) => each.settled),
    settledAt: Math.max(...all.map(({ settledAt }) => settledAt)),
  };
}
