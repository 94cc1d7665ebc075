/** A map under change. It is copied when something in it first differs: most drafts are only read. */
export interface DraftMap<V> {
  readonly before: ReadonlyMap<string, V>;
  own: Map<string, V> | undefined;
}

export function draftOf<V>(before: ReadonlyMap<string, V>): DraftMap<V> {
  return { before, own: undefined };
}

export function draftGet<V>({ before, own }: DraftMap<V>, name: string): V | undefined {
  return (own ?? before).get(name);
}

export function draftSet<V>(draft: DraftMap<V>, name: string, value: V): void {
  draft.own ??= new Map(draft.before);
  draft.own.set(name, value);
}

export function draftDelete<V>(draft: DraftMap<V>, name: string): void {
  if (!(draft.own ?? draft.before).has(name)) return;
  draft.own ??= new Map(draft.before);
  draft.own.delete(name);
}

/** As the map stands now. */
export function drafted<V>({ before, own }: DraftMap<V>): ReadonlyMap<string, V> {
  return own ?? before;
}
