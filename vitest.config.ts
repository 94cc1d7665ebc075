import { defineConfig } from "vitest/config";
import { tally } from "./libs/testkit/src/reporter.ts";
import { tierTimes } from "./tools/tier-times.ts";

const homes = "{libs/*,services/*,demo,bench,cli,tools}/test/**/*";
/** Only to notice what hangs; no test waits for a time. */
const hangs = 60_000;

// What a test needs is in its name: x.test.ts nothing, x.envoy.test.ts a real Envoy, x.netns.test.ts root and network namespaces.
export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: hangs,
    hookTimeout: hangs,
    setupFiles: ["./tools/fixed-seed.ts"],
    // The tally line comes last.
    reporters: ["default", tierTimes(), tally()],
    projects: [
      tier("unit", 0, { include: [`${homes}.test.ts`], exclude: [`${homes}.{envoy,netns}.test.ts`] }),
      tier("envoy", 1, { include: [`${homes}.envoy.test.ts`] }),
      tier("netns", 2, { include: [`${homes}.netns.test.ts`], fileParallelism: false }),
    ],
  },
});

/** A tier runs after those before it, so that a broken rule shows before anything slow starts. */
function tier(name: string, groupOrder: number, files: { include: string[]; exclude?: string[]; fileParallelism?: boolean }) {
  return { extends: true as const, test: { name, sequence: { groupOrder }, ...files } };
}
