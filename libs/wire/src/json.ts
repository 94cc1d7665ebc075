import type { z } from "zod";

const decoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();

/** A payload that does not hold to its schema. The message names the field, never its content. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
}

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** @throws PayloadError */
export function decodeJson<S extends z.ZodType>(schema: S, bytes: Uint8Array): z.output<S> {
  const parsed = schema.safeParse(parseText(bytes));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PayloadError(`payload refused at ${issue?.path.join(".") || "its root"}: ${issue?.code ?? "invalid"}`);
}

function parseText(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new PayloadError("payload is not JSON", { cause });
  }
}
