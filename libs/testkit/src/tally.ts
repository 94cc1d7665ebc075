import type { TestCase, TestModule, TestSuite } from "vitest/node";

/** How a run ended, in numbers, and why tests were skipped: reason → number of tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly reasons: ReadonlyMap<string, number>;
}

/**
 * Counts tests. A file, group or hook that failed outside any test counts as one failed test, and so does a test that never
 * ended: a run in which something broke can not read as one without failures.
 */
export function tallyOf(modules: readonly TestModule[], unhandledErrors: number): Tally {
  const reasons = new Map<string, number>();
  const counts = { passed: 0, failed: unhandledErrors, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      counts[test.result().state] += 1;
      if (test.result().state === "skipped") addReason(reasons, reasonOf(test));
    }
    counts.failed += [module, ...module.children.allSuites()].filter((group) => group.errors().length > 0).length;
  }
  return { passed: counts.passed, failed: counts.failed + counts.pending, skipped: counts.skipped, reasons };
}

/** The lines to print; the last one is the tally itself. */
export function linesOf({ passed, failed, skipped, reasons }: Tally): readonly string[] {
  const why = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, tests]) => `skipped: ${reason}, ${tests} ${tests === 1 ? "test" : "tests"}`);
  return [...why, `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`];
}

function addReason(reasons: Map<string, number>, reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  return note ?? missingAbove(test.parent)?.join(", ") ?? "no reason given";
}

function missingAbove(group: TestSuite | TestModule): readonly string[] | undefined {
  return group.meta().missing ?? (group.type === "suite" ? missingAbove(group.parent) : undefined);
}
