import { existsSync, statSync, watch } from "node:fs";
import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { createPump } from "@osm/runtime";
import { Unusable } from "../unusable.ts";

/** The manifests that a user named, as folders that can be watched. */
export interface OwnManifests extends AsyncDisposable {
  readonly folders: readonly string[];
  /** What the user calls a file of those folders. */
  readonly nameOf: (path: string) => string;
}

const manifest = new Set([".yaml", ".yml", ".json"]);

/**
 * Folders are watched where they are. Of a file a copy is kept in a folder of its own below `dir`, and follows it: its
 * neighbours are nobody's business. @throws Unusable
 */
export async function openManifests(paths: readonly string[], dir: string): Promise<OwnManifests> {
  await using opening = new AsyncDisposableStack();
  const names = new Map<string, string>();
  const folders: string[] = [];
  for (const [at, path] of [...new Set(paths)].entries()) {
    if (isFolder(path)) folders.push(path);
    else {
      const home = join(dir, `${at}`);
      const copy = join(home, basename(path));
      names.set(copy, path);
      folders.push(home);
      opening.use(await followFile(path, copy));
    }
  }
  const closing = opening.move();
  return { folders, nameOf: (path) => names.get(path) ?? path, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** @throws Unusable for what is not there, or is no manifest. */
export function checkPaths(paths: readonly string[]): void {
  paths.forEach(isFolder);
}

function isFolder(path: string): boolean {
  if (!existsSync(path)) throw new Unusable(`there is no file or folder ${path}: correct what -f names`);
  if (statSync(path).isDirectory()) return true;
  if (!manifest.has(extname(path))) throw new Unusable(`${path} is neither a folder nor a .yaml, .yml or .json file: correct what -f names`);
  return false;
}

/** Keeps a copy equal to a file, whole or absent. */
async function followFile(file: string, copy: string): Promise<AsyncDisposable> {
  await mkdir(dirname(copy), { recursive: true });
  const draft = join(dirname(copy), `.${basename(copy)}`);
  const take = async () => {
    try {
      await copyFile(file, draft);
      await rename(draft, copy);
    } catch (error) {
      if (existsSync(file)) throw error;
      await rm(copy, { force: true });
    }
  };
  // Its folder, since editors put a new file in the place of the old one.
  const copying = createPump(take, (error) => process.emitWarning(`${file} cannot be read: ${String(error)}`));
  const watcher = watch(dirname(file), (_event, name) => name === basename(file) && copying.trigger());
  await take();
  return {
    [Symbol.asyncDispose]: async () => {
      watcher.close();
      await copying.idle().catch(() => undefined);
    },
  };
}

/** Declares a namespace a member of the mesh whose pods get sidecars, as `osm namespace add` would. */
export async function writeMember(folder: string, { mesh, namespace }: { readonly mesh: string; readonly namespace: string }): Promise<void> {
  const metadata = { name: namespace, labels: { "openservicemesh.io/monitored-by": mesh }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${namespace}.json`), JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata }));
}
