import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "@osm/bus";
import { headOf, isRead, type ObjectHead } from "@osm/intake";
import type { ClusterEvent } from "@osm/kube";
import { factKinds, objectRef, type MeshName, type ObjectRef } from "@osm/model";
import { subjectsOf } from "@osm/wire";
import { changedAt } from "./changed-at.ts";
import { createFaults, type Fault } from "./faults.ts";
import type { Onlooker } from "./seen-cluster.ts";

/** One object of the user's that came, changed or went, and that the mesh reads. */
export interface Change {
  /** As the user calls it. */
  readonly file: string;
  readonly ref: ObjectRef;
  /** When the file was changed, in ms since 1970. */
  readonly at: number;
  /** Of the fact that follows from it; undefined when nothing does. */
  readonly revision: number | undefined;
}

export interface ManifestWatchOptions {
  readonly mesh: MeshName;
  /** What the user calls a file; undefined for a file that is none of the user's. */
  readonly nameOf: (path: string) => string | undefined;
  /** A watched folder of our own. */
  readonly marks: string;
  readonly changed: (change: Change) => void;
  /** A file came to be at fault, or is no more. */
  readonly faulty: () => void;
}

/** Knows what stands in the manifests, and how far the watcher has come with them. */
export interface ManifestWatch extends Onlooker, Disposable {
  /** Tells of changes from here on; what stood before is none. */
  begin(bus: Bus): void;
  /** The file that holds an object, as the user calls it; empty when none does. */
  fileOf(ref: string): string;
  faults(): readonly Fault[];
  /** Namespaces that objects are in though no manifest declares them. */
  undeclared(): readonly string[];
  /** Resolves when everything written to the folders before the call has been said on the bus. */
  caughtUp(signal: AbortSignal): Promise<void>;
}

export function createManifestWatch(options: ManifestWatchOptions): ManifestWatch {
  const { nameOf } = options;
  const objects = new Map<ObjectRef, Kept>();
  const faults = createFaults(options.faulty);
  const marks = createMarks(options.marks);
  let revisions: ReturnType<typeof createRevisions> | undefined;
  let coming: Coming | undefined;

  /** The file that an object is, or was, in. */
  const kept = (event: ObjectEvent, head: ObjectHead): Kept => {
    const ref = refOf(head);
    const source = event.kind === "object" ? event.source : (objects.get(ref)?.source ?? "");
    if (event.kind === "object") objects.set(ref, { source, head });
    else objects.delete(ref);
    return { source, head };
  };
  const noted = async (event: ObjectEvent) => {
    const head = headIn(event);
    if (!head) return;
    const { source } = kept(event, head);
    faults.clear(source);
    const file = nameOf(source);
    if (file === undefined || !isRead(head) || !revisions) return;
    const at = await changedAt(source, Date.now());
    coming = { head, change: { file, ref: refOf(head), at }, before: await revisions(head) };
  };
  return {
    begin: (bus) => {
      revisions = createRevisions(bus, options.mesh);
    },
    coming: async (event) => {
      coming = undefined;
      if (event.kind === "object" || event.kind === "gone") await noted(event);
      if (event.kind === "unreadable") faults.add(event.source, { file: nameOf(event.source) ?? event.source, line: event.line, reason: event.reason });
    },
    taken: async (event) => {
      if (event.kind === "object") marks.seen(event.object);
      if (!coming || !revisions) return;
      const after = await revisions(coming.head);
      options.changed({ ...coming.change, revision: after > coming.before ? after : undefined });
    },
    fileOf: (ref) => {
      const source = [...objects].find(([each]) => each === ref)?.[1].source;
      return source === undefined ? "" : (nameOf(source) ?? source);
    },
    faults: faults.all,
    undeclared: () => undeclaredIn([...objects.values()].filter(({ source }) => nameOf(source) !== undefined).map(({ head }) => head)),
    caughtUp: marks.pass,
    [Symbol.dispose]: () => faults[Symbol.dispose](),
  };
}

type ObjectEvent = Extract<ClusterEvent, { readonly kind: "object" | "gone" }>;

interface Kept {
  readonly source: string;
  readonly head: ObjectHead;
}

interface Coming {
  readonly head: ObjectHead;
  readonly change: Omit<Change, "revision">;
  /** Number of the object's fact until now. */
  readonly before: number;
}

function headIn(event: ObjectEvent): ObjectHead | undefined {
  return event.kind === "gone" ? event.head : headOf(event.object);
}

function refOf({ kind, namespace, name }: ObjectHead): ObjectRef {
  return objectRef(kind, namespace, name);
}

function undeclaredIn(heads: readonly ObjectHead[]): readonly string[] {
  const declared = new Set(heads.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  return [...new Set(heads.map(({ namespace }) => namespace))].filter((each) => each !== "" && !declared.has(each)).toSorted();
}

/** The number of an object's fact as the bus has it now; 0 when nothing was ever said of it. */
function createRevisions(bus: Bus, mesh: MeshName) {
  return async ({ kind, namespace, name }: ObjectHead): Promise<number> => {
    const known = factKinds.find((each) => each === kind);
    return known === undefined ? 0 : ((await bus.last(subjectsOf(mesh).fact(known, namespace, name)))?.seq ?? 0);
  };
}

/** A mark is a manifest that nobody reads; files are taken in the order in which they were written, so that it tells of those before it. */
function createMarks(folder: string) {
  const name = "osm-dev-mark";
  let written = 0;
  let passed = 0;
  let wake = Promise.withResolvers<void>();
  return {
    seen: (object: unknown) => {
      const mark = /^osm-dev-mark-(\d+)$/.exec(headOf(object)?.name ?? "")?.[1];
      if (mark === undefined) return;
      passed = Math.max(passed, Number(mark));
      wake.resolve();
      wake = Promise.withResolvers<void>();
    },
    pass: async (signal: AbortSignal) => {
      const mine = ++written;
      await mkdir(folder, { recursive: true });
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `${name}-${mine}` } };
      await writeFile(join(folder, ".draft"), JSON.stringify(object));
      await rename(join(folder, ".draft"), join(folder, "mark.json"));
      const stopped = untilAborted(signal);
      while (passed < mine) await Promise.race([wake.promise, stopped]);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  if (signal.aborted) reject(signal.reason);
  else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
