import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { headOf } from "@osm/intake";
import { openFolder, type ClusterEvent } from "../src/index.ts";

/** A folder that is watched, read event by event. */
export interface WatchedFolder extends AsyncDisposable {
  readonly dir: string;
  readonly path: (file: string) => string;
  readonly write: (file: string, text: string) => Promise<void>;
  /** Writes beside it and renames over it, as editors and `kubectl cp` do. */
  readonly replace: (file: string, text: string) => Promise<void>;
  /** The next event, short. */
  readonly next: () => Promise<string>;
  /** All up to the next event of that text, which is the last. */
  readonly until: (shown: string) => Promise<readonly string[]>;
  /** All that was told of what happened before, found by writing a mark and waiting for it. */
  readonly rest: () => Promise<readonly string[]>;
}

export async function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "osm-folder-"));
}

export function openWatched(dir: string): WatchedFolder {
  const stop = new AbortController();
  const cluster = openFolder([dir]);
  const events = cluster.watch({ signal: stop.signal })[Symbol.asyncIterator]();
  let marks = 0;

  const path = (file: string) => join(dir, file);
  const write = async (file: string, text: string) => {
    await mkdir(dirname(path(file)), { recursive: true });
    await writeFile(path(file), text);
  };
  const next = async () => {
    const { value, done } = await events.next();
    if (done === true) throw new Error("the watch has ended");
    return shown(value, dir);
  };
  const until = async (wanted: string) => {
    const seen: string[] = [];
    do seen.push(await next());
    while (seen.at(-1) !== wanted);
    return seen;
  };
  return {
    dir, path, write, next, until,
    replace: async (file, text) => {
      await write(`${file}.new`, text);
      await rename(path(`${file}.new`), path(file));
    },
    rest: async () => {
      marks += 1;
      await write("zz-mark.yaml", account("mark", `${marks}`));
      return (await until(`mark=${marks} in zz-mark.yaml`)).slice(0, -1);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await events.return?.();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A folder that held these files before the watch began, read up to the end of the list. */
export async function watchedFolder(files: Readonly<Record<string, string>> = {}): Promise<WatchedFolder> {
  const folder = openWatched(await newFolder());
  for (const [file, text] of Object.entries(files)) await folder.write(file, text);
  await folder.until("listed");
  return folder;
}

/** A small object with a value to tell its forms apart. */
export function account(name: string, value: string): string {
  return `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}, namespace: shop, labels: {value: "${value}"}}\n`;
}

export function both(...texts: readonly string[]): string {
  return texts.join("---\n");
}

function shown(event: ClusterEvent, dir: string): string {
  switch (event.kind) {
    case "object":
      return `${headOf(event.object)?.name}=${valueOf(event.object)} in ${relative(dir, event.source)}`;
    case "gone":
      return `${event.head.name} gone`;
    case "unreadable":
      return `${relative(dir, event.source)}:${event.line} ${event.reason}`;
    case "listed":
      return "listed";
  }
}

function valueOf(object: unknown): string {
  return /"value":"([^"]*)"/.exec(JSON.stringify(object))?.[1] ?? "";
}
