/** What a proxy holds under one name, as far as its answers tell. */
export type Holding =
  | { readonly kind: "none" }
  /** It asked by name and was told that there is none. Envoy's listener waits on, beside its forerunner. */
  | { readonly kind: "told" }
  | { readonly kind: "one"; readonly version: string }
  /** A rejected response may be half applied: it holds what it had, or one of what was tried (`absent` for a removal). */
  | { readonly kind: "doubt"; readonly had: string | undefined; readonly tried: readonly string[] };

export const nothing: Holding = { kind: "none" };
export const toldNothing: Holding = { kind: "told" };

/** True when the proxy has nothing under the name, for sure. */
export function isNothing(holding: Holding): boolean {
  return holding.kind === "none" || holding.kind === "told";
}

/** False for the two words of `Target.version` that are no version. */
export function isVersion(wanted: string): boolean {
  return wanted !== "absent" && wanted !== "pending";
}

/** What a proxy holds when it has exactly what the target says. */
export function asWanted(wanted: string): Holding {
  return isVersion(wanted) ? { kind: "one", version: wanted } : nothing;
}

/** True when nothing has to be said to the proxy. Doubt never matches: only an ACK ends it. */
export function matches(holding: Holding, wanted: string): boolean {
  switch (holding.kind) {
    case "none":
    case "told":
      return !isVersion(wanted);
    case "one":
      return holding.version === wanted;
    case "doubt":
      return false;
  }
}

/** After a rejected response that tried this version, when it is not known whether it was applied. */
export function doubted(holding: Holding, tried: string): Holding {
  switch (holding.kind) {
    case "none":
    case "told":
      return { kind: "doubt", had: undefined, tried: [tried] };
    case "one":
      return { kind: "doubt", had: holding.version, tried: [tried] };
    case "doubt":
      return { ...holding, tried: [...holding.tried.filter((version) => version !== tried), tried] };
  }
}

/** After this version turned out to be what Envoy rejects: it cannot be what the proxy holds. */
export function without(holding: Holding, rejected: string): Holding {
  if (holding.kind !== "doubt") return holding;
  const tried = holding.tried.filter((version) => version !== rejected);
  if (tried.length > 0) return { ...holding, tried };
  return holding.had === undefined ? nothing : { kind: "one", version: holding.had };
}

/** Every version that the proxy may have under this name. */
export function possibleVersions(holding: Holding): readonly string[] {
  switch (holding.kind) {
    case "none":
    case "told":
      return [];
    case "one":
      return [holding.version];
    case "doubt":
      return (holding.had === undefined ? holding.tried : [holding.had, ...holding.tried]).filter(isVersion);
  }
}
