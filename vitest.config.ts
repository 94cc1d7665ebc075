import { defineConfig } from "vitest/config";
import { tally } from "./libs/testkit/src/reporter.ts";
import { tierTimes } from "./tools/tier-times.ts";

const homes = "{libs/*,services/*,demo,bench,cli,tools}/test/**/*";
/** Only to notice what hangs; no test waits for a time. */
const hangs = 60_000;

// What a test needs is in its name: x.test.ts nothing, x.envoy.test.ts a real Envoy, x.netns.test.ts root and network namespaces,
// x.backbone.test.ts a NATS or Redis server or a receiver of traces, x.cluster.test.ts the programs of a Kubernetes API,
// x.failure.test.ts what x.netns.test.ts and x.backbone.test.ts do, and a few minutes.
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
      tier("unit", 0, { include: [`${homes}.test.ts`], exclude: [`${homes}.{envoy,netns,backbone,cluster,failure}.test.ts`] }),
      tier("envoy", 1, { include: [`${homes}.envoy.test.ts`] }),
      tier("backbone", 1, { include: [`${homes}.backbone.test.ts`] }),
      tier("cluster", 2, { include: [`${homes}.cluster.test.ts`], fileParallelism: false, testTimeout: 3 * hangs, hookTimeout: 3 * hangs }),
      tier("netns", 3, { include: [`${homes}.netns.test.ts`], fileParallelism: false }),
      tier("failure", 4, { include: [`${homes}.failure.test.ts`], fileParallelism: false }),
    ],
  },
});

/** A tier runs after those before it, so that a broken rule shows before anything slow starts. */
function tier(name: string, groupOrder: number, files: Tier) {
  return { extends: true as const, test: { name, sequence: { groupOrder }, ...files } };
}

interface Tier {
  readonly include: string[];
  readonly exclude?: string[];
  readonly fileParallelism?: boolean;
  readonly testTimeout?: number;
  readonly hookTimeout?: number;
}
