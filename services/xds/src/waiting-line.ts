/** Who waits, by the place that they come from. The places take turns. */
export interface WaitingLine<T> {
  size(): number;
  add(from: string, guest: T): void;
  /** @returns false for who does not wait, or not any more. */
  remove(from: string, guest: T): boolean;
  /** Takes out the first of the next place from which one may come. */
  next(mayCome: (from: string) => boolean): T | undefined;
  /** Takes out the last to come of the place from which most wait, unless as many would wait from this one. */
  makeRoomFor(from: string): T | undefined;
}

export function createWaitingLine<T>(): WaitingLine<T> {
  const places = new Map<string, Set<T>>();
  let size = 0;
  const remove = (from: string, guest: T): boolean => {
    const place = places.get(from);
    if (!place?.delete(guest)) return false;
    if (place.size === 0) places.delete(from);
    size--;
    return true;
  };
  /** Whose place had a turn comes last. */
  const turn = (from: string) => {
    const rest = places.get(from);
    if (rest && places.delete(from)) places.set(from, rest);
  };
  return {
    size: () => size,
    remove,
    add: (from, guest) => {
      places.set(from, (places.get(from) ?? new Set<T>()).add(guest));
      size++;
    },
    next: (mayCome) => {
      for (const [from, place] of places) {
        const [guest] = mayCome(from) ? place : [];
        if (guest === undefined) continue;
        remove(from, guest);
        turn(from);
        return guest;
      }
      return undefined;
    },
    makeRoomFor: (from) => {
      const [longest, place] = [...places].reduce((most, each) => (each[1].size > most[1].size ? each : most), ["", new Set<T>()]);
      const last = [...place].at(-1);
      if (last === undefined || (places.get(from)?.size ?? 0) + 1 >= place.size) return undefined;
      remove(longest, last);
      return last;
    },
  };
}
