import type { z } from "zod";

/** What is wrong at a field, and the way out. */
export interface Fault {
  readonly field: string;
  readonly what: string;
}

/** Faults of an object's spec as far as it has the form that its CRD asks for; what has not is the API server's to refuse. */
export function inForm<S extends z.ZodType>(schema: S, object: unknown, faults: (spec: z.output<S>) => readonly Fault[]): readonly Fault[] {
  const parsed = schema.safeParse(object);
  return parsed.success ? faults(parsed.data) : [];
}
