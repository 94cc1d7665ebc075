import { originIn, type Origin } from "./trace-origin.ts";

/** What a watch of the bus tells, as far as it matters here. */
export type Told =
  | { readonly kind: "entry"; readonly entry: { readonly seq: number; readonly headers: Readonly<Record<string, string>> } }
  | { readonly kind: "current" }
  | { readonly kind: "reset" };

/** An entry may be delivered twice; so many are remembered. */
const remembered = 1024;

/**
 * Tells, for one watch, which entries are changes: those written while the reader listened. What stood when it began, and what
 * is told anew after a reset, is old news and has no origin, whatever its headers say.
 */
export function liveOrigins(): (event: Told) => Origin | undefined {
  const seen = new Set<number>();
  let isCurrent = false;

  const originOf = (seq: number, headers: Readonly<Record<string, string>>): Origin | undefined => {
    const origin = isCurrent ? originIn(headers) : undefined;
    if (origin === undefined || seen.has(seq)) return undefined;
    seen.add(seq);
    const [oldest] = seen;
    if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
    return origin;
  };
  return (event) => {
    switch (event.kind) {
      case "entry":
        return originOf(event.entry.seq, event.entry.headers);
      case "current":
        isCurrent = true;
        return undefined;
      case "reset":
        isCurrent = false;
        seen.clear();
        return undefined;
    }
  };
}
