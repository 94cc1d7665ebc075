import type { WatchEvent } from "@osm/bus";

/** Keeps a map of subjects equal to what stands on the bus. What cannot be read counts as absent. `changed` may come for nothing. */
export async function keepStanding<T>(events: AsyncIterable<WatchEvent>, read: (bytes: Uint8Array) => T, changed: (standing: ReadonlyMap<string, T>) => void): Promise<void> {
  const standing = new Map<string, T>();
  let told: Set<string> | undefined;
  for await (const event of events) {
    switch (event.kind) {
      case "reset":
        told = new Set();
        break;
      case "entry":
        told?.add(event.entry.subject);
        take(standing, event.entry, read);
        break;
      case "current":
        for (const subject of told ? standing.keys() : []) if (!told?.has(subject)) standing.delete(subject);
        told = undefined;
    }
    changed(standing);
  }
}

function take<T>(standing: Map<string, T>, { subject, bytes }: { readonly subject: string; readonly bytes: Uint8Array | undefined }, read: (bytes: Uint8Array) => T): void {
  try {
    if (bytes === undefined) standing.delete(subject);
    else standing.set(subject, read(bytes));
  } catch {
    standing.delete(subject);
  }
}
