import { readdirSync, watch, type Dirent, type FSWatcher } from "node:fs";
import { join } from "node:path";

/**
 * Calls back with the path of each file below a folder that is touched, folders that appear later included.
 * One watch a folder: Node's own recursive watch on Linux holds on to files and loses one that is replaced by a rename.
 */
export function watchTree(root: string, touched: (path: string) => void): Disposable {
  const watchers = new Map<string, FSWatcher>();

  const drop = (dir: string) => {
    watchers.get(dir)?.close();
    watchers.delete(dir);
  };
  const enter = (dir: string) => {
    if (watchers.has(dir)) return;
    const watcher = watch(dir, (_event, name) => name !== null && onEntry(join(dir, name)));
    watcher.on("error", () => drop(dir));
    watchers.set(dir, watcher);
    for (const entry of entriesOf(dir)) if (entry.isDirectory()) enter(join(dir, entry.name));
  };
  const onEntry = (path: string) => {
    const entries = entriesOf(path);
    if (entries === notADirectory) {
      drop(path);
      touched(path);
      return;
    }
    enter(path);
    for (const entry of entries) if (!entry.isDirectory()) touched(join(path, entry.name));
  };

  enter(root);
  return {
    [Symbol.dispose]: () => {
      for (const dir of [...watchers.keys()]) drop(dir);
    },
  };
}

const notADirectory: readonly Dirent[] = [];

/** What is in a folder; `notADirectory` for a file, and for what is gone again. */
function entriesOf(path: string): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return notADirectory;
  }
}
