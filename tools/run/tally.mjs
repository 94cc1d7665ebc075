/** @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Tally */

const line = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;

/** A check that has no parts counts as one. */
export function tallyOfExit(code) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** Why a test run skipped tests, a line each, as it said itself. */
export function skipsOf(text) {
  return [...text.matchAll(/^skipped: (.+)$/gm)].map(([, why]) => why);
}

/**
 * What a test run said of itself in its last tally line. A run that ended badly without a failed test, or that
 * had no test, counts as one failure: silence is never a pass.
 */
export function tallyOfTests(text, code) {
  const [, passed, failed, skipped] = [...text.matchAll(line)].at(-1)?.map((part) => Number(part ?? 0)) ?? [0, 0, 0, 0];
  const silent = failed === 0 && (code !== 0 || passed + skipped === 0);
  return { passed, failed: silent ? 1 : failed, skipped };
}

export function sum(tallies) {
  const total = (part) => tallies.reduce((so, tally) => so + tally[part], 0);
  return { passed: total("passed"), failed: total("failed"), skipped: total("skipped") };
}

export function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
