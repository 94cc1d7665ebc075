import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { injectionSettings } from "@osm/inject";
import type { Log } from "@osm/runtime";
import { z } from "zod";
import { followDirectory, type Followed } from "./follow-directory.ts";
import type { KnownNamespace, MeshLookup } from "./mesh-lookup.ts";

const texts = z.record(z.string().max(512), z.string().max(262_144)).default({}).readonly();
const meshSchema = z.object({
  settings: injectionSettings,
  namespaces: z.array(z.object({ name: z.string().min(1).max(253), labels: texts, annotations: texts }).readonly()).max(100_000),
});

export interface MeshFile extends Followed {
  readonly lookup: MeshLookup;
}

/**
 * Settings and namespaces of a mesh from a JSON file, which is read again when it changes. A change that cannot be read is
 * logged and the last good content stays.
 * @throws Error when it cannot be read at first.
 */
export async function openMeshFile(path: string, lifetime: { readonly signal: AbortSignal; readonly log: Log }): Promise<MeshFile> {
  const { log } = lifetime;
  let known: ReadonlyMap<string, KnownNamespace> = new Map();
  const read = async (): Promise<void> => {
    known = namespacesIn(await readFile(path, "utf8"));
    log.info({ file: basename(path), namespaces: known.size }, "mesh file read");
  };
  const followed = await followDirectory({ dir: dirname(path), read, unreadable: "mesh file unreadable" }, lifetime);
  return { ...followed, lookup: (namespace) => known.get(namespace) };
}

function namespacesIn(text: string): ReadonlyMap<string, KnownNamespace> {
  const { settings, namespaces } = meshSchema.parse(JSON.parse(text));
  return new Map(namespaces.map((namespace) => [namespace.name, { namespace, settings }]));
}
