import { lstatSync, readdirSync, watch, type Dirent, type FSWatcher } from "node:fs";
import { join, sep } from "node:path";

export interface TreeListener {
  /** Something was written, created or removed there; of a folder that went only the folder itself is named. */
  readonly touched: (path: string) => void;
  /** A folder cannot be watched, for instance because the system allows no more watches. */
  readonly failed: (error: unknown) => void;
}

/**
 * Follows every file below a folder, in folders that appear later too; what stands at the start is not told.
 * One watch a folder: Node's own recursive watch on Linux holds on to files and loses one that is replaced by a rename.
 */
export function watchTree(root: string, { touched, failed }: TreeListener): Disposable {
  const watchers = new Map<string, FSWatcher>();

  const drop = (dir: string) => {
    for (const [path, watcher] of watchers) {
      if (path !== dir && !path.startsWith(dir + sep)) continue;
      watcher.close();
      watchers.delete(path);
    }
  };
  // A folder of a known name may be another one by now, so its watch always begins anew. It is watched first and read
  // after: what appears in between is told twice, and never missed.
  const enter = (dir: string, tell: (path: string) => void) => {
    drop(dir);
    try {
      const watcher = watch(dir, (_event, name) => name !== null && onEntry(join(dir, name)));
      watcher.on("error", () => drop(dir));
      watchers.set(dir, watcher);
    } catch (error) {
      return isGone(error) ? undefined : failed(error);
    }
    for (const entry of entriesOf(dir)) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) enter(path, tell);
      else tell(path);
    }
  };
  const onEntry = (path: string) => {
    if (isFolder(path)) return enter(path, touched);
    drop(path);
    touched(path);
  };

  enter(root, () => undefined);
  return { [Symbol.dispose]: () => drop(root) };
}

/** A link to a folder is none: it could lead round in a circle. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function entriesOf(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Whether what was there a moment ago is there no more. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "EISDIR");
}
