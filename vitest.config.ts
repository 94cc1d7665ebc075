import { defineConfig } from "vitest/config";
import { tally } from "./libs/testkit/src/reporter.ts";
import { testTiers } from "./tools/test-tiers.ts";
import { tierTimes } from "./tools/tier-times.ts";

/** Only to notice what hangs; no test waits for a time. */
const hangs = 60_000;

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: hangs,
    hookTimeout: hangs,
    setupFiles: ["./tools/fixed-seed.ts"],
    // The tally line comes last.
    reporters: ["default", tierTimes(), tally()],
    projects: testTiers,
  },
});
