import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bus } from "@osm/bus";
import { sentenceOf } from "@osm/compile";
import { headOf, splitDocuments } from "@osm/intake";
import { objectRef, type MeshName } from "@osm/model";
import { decodeJson, findingsPayload, subjectsOf, type FindingsPayload } from "@osm/wire";

/** A finding as a reader of the folder can use it. */
export interface Remark {
  readonly file: string;
  readonly finding: FindingsPayload["findings"][number];
  /** What is wrong, and the way out. */
  readonly sentence: string;
}

/** The manifest that holds an object; empty when none does any more. */
export type FileOf = (ref: string) => Promise<string>;

export interface RemarksOptions {
  /** Asked for objects of which who remarks on them does not know the file. */
  readonly fileOf: FileOf;
  readonly signal: AbortSignal;
}

/** Watches what watcher and compiler remark on objects; each change of an object's remarks comes as a whole. */
export async function* remarksIn(bus: Bus, mesh: MeshName, { fileOf, signal }: RemarksOptions): AsyncIterable<readonly Remark[]> {
  for await (const event of bus.watch(subjectsOf(mesh).findings, { signal })) {
    if (event.kind === "entry" && event.entry.bytes) yield await remarksOf(event.entry.bytes, fileOf);
  }
}

/** All that is remarked now. */
export async function remarksNow(bus: Bus, mesh: MeshName, { fileOf, signal }: RemarksOptions): Promise<readonly Remark[]> {
  const all: Remark[] = [];
  for await (const event of bus.watch(subjectsOf(mesh).findings, { signal })) {
    if (event.kind === "current") break;
    if (event.kind === "entry" && event.entry.bytes) all.push(...(await remarksOf(event.entry.bytes, fileOf)));
  }
  return all;
}

async function remarksOf(bytes: Uint8Array, fileOf: FileOf): Promise<readonly Remark[]> {
  const { source, findings } = decodeJson(findingsPayload, bytes);
  return await Promise.all(findings.map(async (finding) => ({ file: source || (await fileOf(finding.on)), finding, sentence: sentenceOf(finding) })));
}

export function lineOf({ file, finding: { on, field }, sentence }: Remark): string {
  return `${file}: ${on}${field === "" ? "" : ` at ${field}`}: ${sentence}`;
}

/** Looks for objects in all manifests of some folders. */
export function fileIn(folders: readonly string[]): FileOf {
  return async (ref) => {
    for (const folder of folders) {
      for (const file of await readdir(folder, { recursive: true })) {
        if (/\.ya?ml$/.test(file) && holds(await readFile(join(folder, file), "utf8"), ref)) return join(folder, file);
      }
    }
    return "";
  };
}

function holds(text: string, ref: string): boolean {
  const documents = splitDocuments(text);
  if (documents.kind === "broken") return false;
  return documents.objects.some((object) => {
    const head = headOf(object);
    return head !== undefined && objectRef(head.kind, head.namespace, head.name) === ref;
  });
}
