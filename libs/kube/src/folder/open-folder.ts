import { mkdir, readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { compareCodePoints, factKinds } from "@osm/model";
import type { Cluster, ClusterEvent } from "../cluster.ts";
import { withFile, type Contents, type FileText } from "./contents.ts";
import { createDirtyPaths } from "./dirty-paths.ts";
import { isGone, watchTree } from "./watch-tree.ts";

const extensions = new Set([".yaml", ".yml", ".json"]);

/**
 * Folders of Kubernetes manifests as a cluster: a file's objects are applied when it appears or changes and deleted with it.
 * A file that is no YAML, is empty or cannot be read leaves what was read from it before, as a refused `kubectl apply` would.
 * The folders themselves must stay; folders within them may come and go.
 */
export function openFolder(dirs: readonly string[]): Cluster {
  return {
    watch: ({ signal }) => watchFiles(dirs, signal),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function* watchFiles(dirs: readonly string[], signal: AbortSignal): AsyncIterable<ClusterEvent> {
  await using dirty = createDirtyPaths(signal);
  using watchers = new DisposableStack();
  for (const dir of dirs) {
    await mkdir(dir, { recursive: true });
    const touched = (path: string) => isShown(relative(dir, path)) && dirty.add(path);
    watchers.use(watchTree(dir, { touched, failed: dirty.fail }));
  }

  let contents: Contents = new Map();
  for (const path of await manifestsIn(dirs)) {
    const change = withFile(contents, path, await textOf(path));
    contents = change.contents;
    yield* change.events;
  }
  yield { kind: "listed", kinds: factKinds };

  for await (const touched of dirty.settled()) {
    for (const path of manifestsAt(touched, contents)) {
      const change = withFile(contents, path, await textOf(path));
      contents = change.contents;
      yield* change.events;
    }
  }
}

async function manifestsIn(dirs: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const dir of dirs) for (const file of await readdir(dir, { recursive: true })) if (isShown(file) && isManifest(file)) found.push(join(dir, file));
  return found.sort(compareCodePoints);
}

/** The file itself, and what was read below it while it was a folder. */
function manifestsAt(path: string, contents: Contents): readonly string[] {
  const below = [...contents.keys()].filter((each) => each.startsWith(path + sep));
  return isManifest(path) ? [path, ...below] : below;
}

function isManifest(file: string): boolean {
  return extensions.has(extname(file));
}

/** Temporary files of editors and of atomic writes start with a dot, and so do folders of tools. */
function isShown(file: string): boolean {
  return !file.split(sep).some((part) => part.startsWith("."));
}

async function textOf(path: string): Promise<FileText> {
  try {
    return { kind: "text", text: await readFile(path, "utf8") };
  } catch (error) {
    if (isGone(error)) return { kind: "gone" };
    return { kind: "refused", reason: error instanceof Error && "code" in error ? String(error.code) : "unreadable" };
  }
}
