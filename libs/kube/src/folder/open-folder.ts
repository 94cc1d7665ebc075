import { glob, mkdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { compareCodePoints } from "@osm/model";
import type { Cluster, ClusterEvent } from "../cluster.ts";
import { withFile, type Contents } from "./contents.ts";
import { createDirtyPaths } from "./dirty-paths.ts";
import { watchTree } from "./watch-tree.ts";

const extensions = new Set([".yaml", ".yml", ".json"]);

/**
 * Folders of Kubernetes manifests as a cluster: a file's objects are applied when it appears or changes and deleted with it.
 * A file that is no YAML leaves what was read from it before, as a refused `kubectl apply` would.
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
    watchers.use(watchTree(dir, (path) => isManifest(path) && dirty.add(path)));
  }

  let contents: Contents = new Map();
  for (const path of await manifestsIn(dirs)) {
    const change = withFile(contents, path, await textOf(path));
    contents = change.contents;
    yield* change.events;
  }
  yield { kind: "listed" };

  for await (const path of dirty.settled()) {
    const change = withFile(contents, path, await textOf(path));
    contents = change.contents;
    yield* change.events;
  }
}

async function manifestsIn(dirs: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const dir of dirs) for await (const file of glob("**/*", { cwd: dir })) if (isManifest(file)) found.push(join(dir, file));
  return found.sort(compareCodePoints);
}

/** Temporary files of editors and of atomic writes start with a dot. */
function isManifest(file: string): boolean {
  return extensions.has(extname(file)) && !(file.split("/").at(-1) ?? "").startsWith(".");
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EISDIR")) return undefined;
    throw error;
  }
}
