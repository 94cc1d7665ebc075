import type { FoundSecret, SecretContent, SecretPlace } from "@osm/setup";

export interface SecretsInMemory extends SecretPlace {
  /** What each holds, opened. */
  held(name: string): Readonly<Record<string, string>>;
  names(): readonly string[];
  /** Secrets that were written to, in order. */
  readonly writes: string[];
  /** Called before each write: another program may be faster. */
  before: (name: string) => void;
  put(name: string, content: SecretContent): void;
  remove(name: string): void;
}

/** Secrets as an API server keeps them: creating fails where one is, replacing where it was changed meanwhile. */
export function secretsInMemory(): SecretsInMemory {
  const kept = new Map<string, { readonly content: SecretContent; readonly version: number }>();
  let version = 0;
  const put = (name: string, content: SecretContent): void => {
    version += 1;
    kept.set(name, { content, version });
  };
  const place: SecretsInMemory = {
    writes: [],
    before: () => {},
    put,
    remove: (name) => void kept.delete(name),
    names: () => [...kept.keys()].toSorted(),
    held: (name) => Object.fromEntries(Object.entries(kept.get(name)?.content ?? {}).map(([key, text]) => [key, text.open()])),
    read: async (name): Promise<FoundSecret | undefined> => {
      const found = kept.get(name);
      return found && { name, content: found.content, metadata: { name, resourceVersion: String(found.version) } };
    },
    create: async (name, content) => {
      place.before(name);
      if (kept.has(name)) return false;
      place.writes.push(name);
      put(name, content);
      return true;
    },
    replace: async ({ name, metadata }, content) => {
      place.before(name);
      if (String(kept.get(name)?.version) !== metadata["resourceVersion"]) return false;
      place.writes.push(name);
      put(name, content);
      return true;
    },
  };
  return place;
}
