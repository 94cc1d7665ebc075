import { RE2JS } from "re2js";

/** The sidecar's bootstrap allows programs of this many instructions (libs/inject); what RE2 makes of a pattern varies a little. */
const largestProgram = 1000;
const longestPattern = 1024;

/** Why Envoy would not take a user's expression (RE2), or undefined when it would. */
export function regexFault(pattern: string): string | undefined {
  if (pattern.length > longestPattern) return `longer than ${longestPattern} characters`;
  try {
    return RE2JS.compile(pattern).programSize() > largestProgram ? "too large when compiled" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : "not a regular expression";
  }
}
