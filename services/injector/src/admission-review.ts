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
    object: z.unknown().optional(),
    oldObject: z.unknown().optional(),
  }),
});

export type ReviewRequest = z.output<typeof reviewSchema>["request"];
export type Verdict =
  /** `warnings`: what kubectl shows to the one who wrote the object. */
  | { readonly kind: "allowed"; readonly warnings?: readonly string[] }
  | { readonly kind: "patched"; readonly patch: JsonPatch; readonly warnings: readonly string[] }
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
      return { allowed: true, ...shown(verdict.warnings) };
    case "patched":
      return { allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(verdict.patch)).toString("base64"), ...shown(verdict.warnings) };
    case "denied":
      return { allowed: false, status: { status: "Failure", code: verdict.code, message: verdict.message } };
  }
}

const mostWarnings = 16;

/** Kubernetes asks for at most 256 characters each, and shortens what is longer. */
function shown(warnings: readonly string[] = []): object {
  return warnings.length === 0 ? {} : { warnings: warnings.slice(0, mostWarnings) };
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
