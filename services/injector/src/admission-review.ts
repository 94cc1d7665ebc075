import type { JsonPatch } from "@osm/inject";
import { z } from "zod";

const name = z.string().max(253);

const reviewSchema = z.object({
  apiVersion: z.literal("admission.k8s.io/v1"),
  kind: z.literal("AdmissionReview"),
  request: z.object({
    uid: z.string().min(1).max(128),
    resource: z.object({ group: name, version: name, resource: name }),
    subResource: name.nullish(),
    operation: z.enum(["CREATE", "UPDATE", "DELETE", "CONNECT"]),
    namespace: name.default(""),
    object: z.unknown(),
  }),
});

export type ReviewRequest = z.output<typeof reviewSchema>["request"];
export type Verdict =
  | { readonly kind: "allowed" }
  | { readonly kind: "patched"; readonly patch: JsonPatch }
  | { readonly kind: "denied"; readonly code: number; readonly message: string };

/** The request of an AdmissionReview v1, or undefined for a body that is none. */
export function parseReview(body: Uint8Array): ReviewRequest | undefined {
  const parsed = reviewSchema.safeParse(jsonOf(body));
  return parsed.success ? parsed.data.request : undefined;
}

export function reviewOf(uid: string, verdict: Verdict): string {
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid, ...responseOf(verdict) } });
}

function responseOf(verdict: Verdict): object {
  switch (verdict.kind) {
    case "allowed":
      return { allowed: true };
    case "patched":
      return { allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(verdict.patch)).toString("base64") };
    case "denied":
      return { allowed: false, status: { status: "Failure", code: verdict.code, message: verdict.message } };
  }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
