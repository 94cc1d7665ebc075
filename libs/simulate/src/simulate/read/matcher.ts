import { z } from "zod";

const regex = z.strictObject({ regex: z.string() });

export const stringMatcher = z.union([
  z.strictObject({ exact: z.string() }),
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ safe_regex: regex }),
]);
export type StringMatcher = z.output<typeof stringMatcher>;

export const headerMatcher = z.strictObject({ name: z.string(), string_match: stringMatcher });
export type HeaderMatcher = z.output<typeof headerMatcher>;
