export type Status = "Success" | "Failure" | "Unknown";

/** Something that was looked at, and what was found. */
export interface Check {
  readonly context: string;
  readonly status: Status;
  readonly reason: string;
  readonly suggestion: string;
  /** What it was concluded from. */
  readonly parts: readonly Check[];
}

export function well(context: string): Check {
  return { context, status: "Success", reason: "", suggestion: "", parts: [] };
}

export function failed(context: string, reason: string, suggestion: string): Check {
  return { context, status: "Failure", reason, suggestion, parts: [] };
}

export function unknown(context: string, reason: string): Check {
  return { context, status: "Unknown", reason, suggestion: "", parts: [] };
}

/** Well when all parts are; what failed goes before what is not known. */
export function concluded(context: string, parts: readonly Check[]): Check {
  const status = parts.some((part) => part.status === "Failure") ? "Failure" : parts.some((part) => part.status === "Unknown") ? "Unknown" : "Success";
  return { context, status, reason: status === "Success" ? "" : "see below", suggestion: "", parts };
}

const line = "-".repeat(45);

/** As OSM prints it: parts only where they are not well. */
export function linesOf(check: Check): readonly string[] {
  return [line, ...block(check, ""), line];
}

function block({ context, status, reason, suggestion, parts }: Check, indent: string): readonly string[] {
  const own = [`[+] Context: ${context}`, `Status: ${status}`, ...(reason === "" ? [] : [`Reason: ${reason}`]), ...(suggestion === "" ? [] : [`Suggestion: ${suggestion}`])];
  const below = parts.filter((part) => part.status !== "Success").flatMap((part) => ["", ...block(part, `${indent}  `)]);
  return [...own.map((each) => `${indent}${each}`), ...below];
}
