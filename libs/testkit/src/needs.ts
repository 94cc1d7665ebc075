import { describe } from "vitest";
import { locate, missingOf, type Program, type Requirement } from "./requirements.ts";
import { thisSystem, type System } from "./system.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Why a group of tests was skipped: what it needs and how to have it. */
    missing?: readonly string[];
  }
}

/** `describe`, as far as a group that may be skipped needs it. */
export type DescribeGroup = (name: string, body: () => void) => void;

/**
 * `needs("root", "envoy")("a sidecar", () => ...)`: a group of tests that is skipped where something is missing; the reporter
 * says what, and how to have it. With CI=true nothing may be missing: then it throws, and the file fails.
 */
export function needs(...requirements: readonly Requirement[]): DescribeGroup {
  return describeOn(thisSystem(), requirements);
}

/** Where a program lies that a group `needs`. @throws Error when it is missing. */
export function programPath(program: Program): string {
  const path = locate(program, thisSystem());
  if (path === undefined) throw new Error(`missing: ${missingOf([program], thisSystem()).join()}`);
  return path;
}

export function describeOn(system: System, requirements: readonly Requirement[]): DescribeGroup {
  const missing = missingOf(requirements, system);
  if (missing.length === 0) return (name, body) => void describe(name, body);
  if (system.env["CI"] === "true") throw new Error(`missing on CI: ${missing.join(", ")}`);
  return (name, body) => void describe(name, { skip: true, meta: { missing } }, body);
}
