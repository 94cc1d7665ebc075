import type { IncomingMessage } from "node:http";
import { parseReview, reviewOf } from "./admission-review.ts";
import type { MeshLookup } from "./mesh-lookup.ts";
import { readBody } from "./read-body.ts";
import { reviewPod, type Reviewed } from "./review-pod.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly type: "application/json" | "text/plain";
  readonly body: string;
}

export interface Reviewing {
  readonly lookup: MeshLookup;
  /** Told of each review, before it is answered. */
  readonly reviewed: (review: Reviewed & { readonly namespace: string }) => void;
}

export const reviewPath = "/mutate-pod-creation";

/** Answers a request of an API server; anything else gets the status that says what is wrong with it. */
export async function answerRequest(request: IncomingMessage, { lookup, reviewed }: Reviewing): Promise<HttpAnswer> {
  const misdirected = misdirection(request);
  if (misdirected !== undefined) return misdirected;
  const body = await readBody(request);
  if (body === undefined) return refusal(413, "body too large");
  if (body.length === 0) return refusal(400, "body is empty");
  const review = parseReview(body);
  if (review === undefined) return refusal(400, "body is not an AdmissionReview of admission.k8s.io/v1");
  const result = reviewPod(review, lookup);
  reviewed({ ...result, namespace: review.namespace });
  return { status: 200, type: "application/json", body: reviewOf(review.uid, result.verdict) };
}

function misdirection({ url = "", method, headers }: IncomingMessage): HttpAnswer | undefined {
  const [path] = url.split("?");
  if (path !== reviewPath) return refusal(404, "not found");
  if (method !== "POST") return refusal(405, "method not allowed");
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  return type.trim().toLowerCase() === "application/json" ? undefined : refusal(415, "content type must be application/json");
}

function refusal(status: number, message: string): HttpAnswer {
  return { status, type: "text/plain", body: `${message}\n` };
}
