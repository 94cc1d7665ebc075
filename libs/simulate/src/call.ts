/** `<namespace>/<name>` of a pod. */
export type PodRef = string;

/** What the caller puts on the wire. */
export type Speech = HttpSpeech | { readonly kind: "tcp"; readonly serverFirst: boolean };

export interface HttpSpeech {
  readonly kind: "http";
  readonly method: string;
  /** As the caller writes it, query included. */
  readonly path: string;
  /** Lower-case names; `host` is the authority, the dialled address where it is absent. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One attempt of an app to reach an address. */
export interface Call {
  readonly from: PodRef;
  readonly to: { readonly address: string; readonly port: number };
  readonly speaks: Speech;
}

/** One attempt of who holds a pod's certificate to reach another pod past the sidecar of the first. */
export interface Intrusion extends Call {
  /** In TLS, as application protocols. */
  readonly offers: readonly string[];
  /** Hands were shaken under other rules; its first bytes come now. */
  readonly wasOpen: boolean;
}

/**
 * What becomes of such calls. `allowed`: pods and the share of calls that each app gets; shares that add up to less than
 * one mean that the rest is refused on its way. `outside`: it leaves as it is, and nothing of the mesh decides.
 */
export type Outcome =
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "allowed"; readonly shares: ReadonlyMap<PodRef, number> }
  | { readonly kind: "outside" };

export function refused(why: string): Outcome {
  return { kind: "refused", why };
}

/** A part of the calls, and how it ends. */
export interface Portion {
  readonly share: number;
  readonly end: { readonly kind: "reached"; readonly pod: PodRef } | { readonly kind: "lost"; readonly why: string };
}

/** Adds portions up. Calls of which none arrives are refused, for the first reason found. */
export function outcomeOf(portions: readonly Portion[]): Outcome {
  const shares = new Map<PodRef, number>();
  for (const { share, end } of portions) {
    if (end.kind === "reached" && share > 0) shares.set(end.pod, (shares.get(end.pod) ?? 0) + share);
  }
  if (shares.size > 0) return { kind: "allowed", shares };
  const [why = "nobody is there to answer"] = portions.flatMap(({ end }) => (end.kind === "lost" ? [end.why] : []));
  return refused(why);
}
