import type { ObjectHead } from "@osm/intake";
import type { ServedKind } from "./served.ts";
import type { ObjectMeta } from "./watched-object.ts";

/** Names of the objects of one kind that the watcher was told of, so that after a new list it can be told which are gone. */
export interface Told {
  add(object: ObjectMeta): void;
  delete(object: ObjectMeta): void;
  isEmpty(): boolean;
  /** A list begins: what is not added until it is complete is gone. */
  beginList(): void;
  /** The list is complete. @returns what is gone. */
  endList(): readonly ObjectName[];
  /** All of them, which are gone now. */
  drain(): readonly ObjectName[];
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export function createTold(): Told {
  const told = new Set<string>();
  let listed: Set<string> | undefined;
  return {
    add: (object) => {
      const key = keyOf(object);
      told.add(key);
      listed?.add(key);
    },
    delete: (object) => {
      told.delete(keyOf(object));
      listed?.delete(keyOf(object));
    },
    isEmpty: () => told.size === 0,
    beginList: () => {
      listed = new Set();
    },
    endList: () => {
      const gone = [...told].filter((key) => listed?.has(key) !== true);
      for (const key of gone) told.delete(key);
      listed = undefined;
      return gone.map(nameOf);
    },
    drain: () => {
      const gone = [...told];
      told.clear();
      return gone.map(nameOf);
    },
  };
}

export function headIn({ group, version, kind }: Pick<ServedKind, "group" | "version" | "kind">, { namespace, name }: ObjectName): ObjectHead {
  return { group, version, kind, namespace, name };
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

function nameOf(key: string): ObjectName {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
