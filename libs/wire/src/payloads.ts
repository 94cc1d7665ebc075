import { offeringId, parseDigest, podUid, viewId, type Fact } from "@osm/model";
import { z } from "zod";

const name = z.string().max(512);
const digest = z.string().transform((text, context) => parsed(() => parseDigest(text), context));
const view = z.string().transform((text, context) => parsed(() => viewId(text), context));
const offering = z.string().transform((text, context) => parsed(() => offeringId(text), context));
const uid = z.string().transform((text, context) => parsed(() => podUid(text), context));
const identity = z.object({ namespace: name, serviceAccount: name }).readonly();

/** The fact, as the watcher validated it, and when the object was first seen in this form (ms since 1970). */
export interface FactPayload {
  readonly fact: Fact;
  readonly observedAt: number;
}
/** Facts are validated where they are made (libs/intake); a reader checks the envelope. */
export const factPayload: z.ZodType<FactPayload> = z.object({
  fact: z.custom<Fact>((value) => hasStrings(value, ["kind", "namespace", "name"])),
  observedAt: z.number(),
});

/** "The list of this kind is complete": the barrier. All of it has been written up to the fact of this number. */
export const syncPayload = z.object({ incarnation: z.string(), through: z.number() }).readonly();

const resourceRef = z.object({ name, digest, needs: z.array(name).readonly() }).readonly();
const resourceRefs = z.array(resourceRef).readonly();
const parts = z.object({ parts: z.array(digest).readonly() }).readonly();
const sentRefs = z.union([resourceRefs, parts]);
const sentNames = z.union([z.array(name).readonly(), parts]);
const sentResources = z.object({ CDS: sentRefs, ECDS: sentRefs, LDS: sentRefs, RDS: sentRefs, SDS: sentRefs.default([]) }).readonly();
/**
 * A view as it travels, the fact it was folded to, and the compiler that can make its blobs again. A list that is long stands in
 * the store in parts, which are given by their digests and joined in order. What others are offered too travels apart, once for
 * all of them; without an offering, as from a compiler of an earlier release, a view lists everything itself.
 */
export const sentView = z
  .object({
    id: view,
    digest,
    identity,
    resources: sentResources,
    endpoints: sentNames.default([]),
    offering: offering.optional(),
    doors: z.record(name, z.object({ epoch: name, callers: z.array(name).readonly() }).readonly()),
    revision: z.number(),
    publisher: name,
  })
  .readonly();
export type SentView = z.output<typeof sentView>;
/** What views with the same rights are offered, in the same form. */
export const sentOffering = z
  .object({ id: offering, digest, resources: sentResources, endpoints: sentNames, revision: z.number(), publisher: name })
  .readonly();
export type SentOffering = z.output<typeof sentOffering>;
/** What a part holds of a list of resources, and of one of names. */
export const refsPart = resourceRefs;
export const namesPart = z.array(name).readonly();

export const proxyPayload = z.object({ uid, view, identity, namespace: name, pod: name }).readonly();
export type ProxyPayload = z.output<typeof proxyPayload>;

/** A ClusterLoadAssignment; small enough to travel whole. */
export const endpointsPayload = z
  .object({ name, digest, bytes: z.base64(), revision: z.number(), publisher: name })
  .readonly();

/**
 * "All I own is published up to this fact", and the number of my last write per noun: a reader whose watch of that noun
 * has come so far has seen everything that the fact led to. The rest is owned by the members `beside` this one.
 */
export const compiledPayload = z
  .object({
    revision: z.number(),
    wrote: z.object({ view: z.number(), offering: z.number().default(0), proxy: z.number(), endpoints: z.number() }).readonly(),
    beside: z.array(name).readonly().default([]),
  })
  .readonly();
export type CompiledPayload = z.output<typeof compiledPayload>;

/**
 * A compiler lives. `session` names the stretch of its life that peers have to know of before it writes anything; `peers` are
 * the sessions it knows of, and to whom it leaves what is theirs; `revision` is the last fact of which it wrote what it led to.
 */
export const compilerBeat = z
  .object({ member: name, session: name, revision: z.number(), peers: z.record(name, name).readonly() })
  .readonly();
export type CompilerBeat = z.output<typeof compilerBeat>;

/** An xDS server lives, and so many proxies are connected to it. */
export const xdsBeat = z.object({ proxies: z.number().int().nonnegative() }).readonly();
export type XdsBeat = z.output<typeof xdsBeat>;

/** Public roots that the mesh trusts, PEM, and the digest of the one that signs. */
export const trustPayload = z
  .object({ trustDomain: z.string(), roots: z.array(z.string().max(16_384)).min(1).max(8).readonly(), issuer: digest })
  .readonly();
export type TrustPayload = z.output<typeof trustPayload>;

/**
 * How far one xDS replica has come: of its `proxies`, `settled` have ACKed all that follows from facts up to `revision`;
 * `settledAt` is when the last of them did (ms since 1970).
 */
export const progressPayload = z
  .object({ revision: z.number(), proxies: z.number(), settled: z.number(), settledAt: z.number() })
  .readonly();
export type ProgressPayload = z.output<typeof progressPayload>;

/** Of what an Envoy says, so much travels. */
export const longestWords = 1500;
const rejection = z.object({ type: z.string(), name, version: z.string(), words: z.string().max(longestWords) }).readonly();
/** What the proxies of a view on one xDS replica said of it. */
export const outcomePayload = z.object({ view, proxies: z.number(), rejected: z.array(rejection).max(100).readonly() }).readonly();
export type OutcomePayload = z.output<typeof outcomePayload>;

const judgedType = z.enum(["CDS", "ECDS", "LDS", "RDS"]);
const versionOfName = z.object({ type: judgedType, name, digest }).readonly();
const soundVersion = z.object({ type: judgedType, name, digest, needs: z.array(name).readonly(), bytes: z.base64().nullable() }).readonly();
/**
 * A version that an Envoy rejected, in its words, found in a view that was folded to this fact. `lastGood` is what each view had
 * before it, and `beside` what that needs and the view lists no more. All of those are `sound`, with their bytes; of what is too
 * large for a payload only the digests travel.
 */
export const verdictPayload = z
  .object({
    type: judgedType,
    name,
    digest,
    words: z.string().max(longestWords),
    revision: z.number(),
    /** Views whose own proxies rejected it. */
    by: z.array(view).readonly(),
    lastGood: z.record(z.string(), digest).readonly(),
    beside: z.record(z.string(), z.array(versionOfName).readonly()).readonly(),
    sound: z.array(soundVersion).readonly(),
  })
  .readonly();
export type VerdictPayload = z.output<typeof verdictPayload>;

const finding = z
  .object({ code: z.string(), severity: z.enum(["error", "warning"]), on: z.string(), field: z.string(), detail: z.string() })
  .readonly();
/** `source` is the file or cluster the object was read from; empty where the writer does not know it. */
export const findingsPayload = z.object({ source: z.string(), findings: z.array(finding).readonly() }).readonly();
export type FindingsPayload = z.output<typeof findingsPayload>;

/** A replica asks for a leaf. Names come from `identity` alone, never from the CSR. `replica` is who asks, for limits and audit. */
export const signRequest = z.object({ identity, csr: z.base64().max(16_384), replica: name.default("unnamed") }).readonly();
/** Leaf first, then what leads to the root, PEM. */
export const signReply = z.object({ chain: z.string().max(65_536), issuer: digest, notAfter: z.number() }).readonly();

/** Bytes of the resources asked for, in order; null where this compiler cannot make them. */
export const blobRequest = z.object({ digests: z.array(digest).max(256).readonly() }).readonly();
export const blobReply = z.object({ blobs: z.array(z.base64().nullable()).readonly() }).readonly();

function parsed<T>(parse: () => T, context: z.RefinementCtx): T {
  try {
    return parse();
  } catch {
    context.addIssue({ code: "custom", message: "invalid" });
    return z.NEVER;
  }
}

function hasStrings(value: unknown, keys: readonly string[]): boolean {
  return typeof value === "object" && value !== null && keys.every((key) => typeof Reflect.get(value, key) === "string");
}
