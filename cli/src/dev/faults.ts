import { watch, type FSWatcher } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { headOf, splitDocuments } from "@osm/intake";

/** A file that could not be read. What was read from it before stays. */
export interface Fault {
  /** As the user calls it. */
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** Files at fault, for as long as they are. */
export interface Faults extends Disposable {
  add(path: string, fault: Fault): void;
  /** Its objects were read. */
  clear(path: string): void;
  all(): readonly Fault[];
}

/**
 * A file that is put back as it was before brings no object anew, so nobody tells of it: each that is at fault is looked
 * after here. `changed` is called when one comes or goes.
 */
export function createFaults(changed: () => void): Faults {
  const faults = new Map<string, { readonly fault: Fault; readonly watcher: FSWatcher }>();
  const clear = (path: string) => {
    const found = faults.get(path);
    found?.watcher.close();
    if (faults.delete(path)) changed();
  };
  const lookAt = async (path: string) => {
    if (await isMended(path)) clear(path);
  };
  return {
    add: (path, fault) => {
      faults.get(path)?.watcher.close();
      const watcher = watch(dirname(path), { persistent: false }, () => void lookAt(path));
      watcher.on("error", () => clear(path));
      faults.set(path, { fault, watcher });
      changed();
    },
    clear,
    all: () => [...faults.values()].map(({ fault }) => fault),
    [Symbol.dispose]: () => {
      for (const { watcher } of faults.values()) watcher.close();
    },
  };
}

/** It is gone, or all in it is an object of Kubernetes. */
async function isMended(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch((error: unknown) => (error instanceof Error && "code" in error && error.code === "ENOENT" ? undefined : ""));
  if (text === undefined) return true;
  const documents = splitDocuments(text);
  return text.trim() !== "" && documents.kind !== "broken" && documents.objects.every((object) => headOf(object) !== undefined);
}
