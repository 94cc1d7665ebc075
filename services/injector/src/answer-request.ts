import type { IncomingMessage } from "node:http";
import { webhookPaths } from "@osm/inject";
import { parseReview, reviewOf, type ReviewRequest } from "./admission-review.ts";
import type { Awaiting } from "./await-knowledge.ts";
import type { MeshLookup } from "./mesh-lookup.ts";
import { readBody } from "./read-body.ts";
import { reviewPod, type AskedThrough, type Reviewed } from "./review-pod.ts";
import { reviewWriting } from "./review-writing.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly type: "application/json" | "text/plain";
  readonly body: string;
}

export interface Reviewing {
  readonly lookup: MeshLookup;
  readonly awaiting: Awaiting;
  /** Told of each review, before it is answered. */
  readonly reviewed: (review: Reviewed & { readonly namespace: string }) => void;
}

type Reviewer = (request: ReviewRequest, reviewing: Reviewing) => Promise<Reviewed>;

/** OSM's path, and one for each entry of the webhook configuration. */
const reviewers: ReadonlyMap<string, Reviewer> = new Map<string, Reviewer>([
  ["/mutate-pod-creation", podReviewer("any")],
  [webhookPaths.member, podReviewer("member")],
  [webhookPaths.alias, podReviewer("alias")],
  [webhookPaths.validate, (request, { lookup }) => Promise.resolve(reviewWriting(request, lookup))],
]);

function podReviewer(through: AskedThrough): Reviewer {
  return (request, { lookup, awaiting }) => awaiting(() => reviewPod(request, lookup, through));
}

/** Answers a request of an API server; anything else gets the status that says what is wrong with it. */
export async function answerRequest(request: IncomingMessage, reviewing: Reviewing): Promise<HttpAnswer> {
  const [path = ""] = (request.url ?? "").split("?");
  const reviewer = reviewers.get(path);
  if (reviewer === undefined) return refusal(404, "not found");
  const misdirected = misdirection(request);
  if (misdirected !== undefined) return misdirected;
  const body = await readBody(request);
  if (body === undefined) return refusal(413, "body too large");
  if (body.length === 0) return refusal(400, "body is empty");
  const review = parseReview(body);
  if (review === undefined) return refusal(400, "body is not an AdmissionReview of admission.k8s.io/v1");
  const result = await reviewer(review, reviewing);
  reviewing.reviewed({ ...result, namespace: review.namespace });
  return { status: 200, type: "application/json", body: reviewOf(review.uid, result.verdict) };
}

function misdirection({ method, headers }: IncomingMessage): HttpAnswer | undefined {
  if (method !== "POST") return refusal(405, "method not allowed");
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  return type.trim().toLowerCase() === "application/json" ? undefined : refusal(415, "content type must be application/json");
}

function refusal(status: number, message: string): HttpAnswer {
  return { status, type: "text/plain", body: `${message}\n` };
}
