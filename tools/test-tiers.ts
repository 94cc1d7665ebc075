import { configDefaults } from "vitest/config";

const homes = "{libs/*,services/*,demo,bench,cli,tools}/test/**/*";
const slow = { testTimeout: 180_000, hookTimeout: 180_000 } as const;

/**
 * What a test needs is in its name: x.test.ts nothing, x.envoy.test.ts a real Envoy, x.netns.test.ts root and network namespaces,
 * x.story.test.ts the same, for the demo as a whole, x.backbone.test.ts a NATS or Redis server or a receiver of traces,
 * x.cluster.test.ts the programs of a Kubernetes API, x.node.test.ts those of a whole node, of which there is one at a time,
 * x.failure.test.ts what x.netns.test.ts and x.backbone.test.ts do, and a few minutes. A tier runs after those before it, so that a
 * broken rule shows before anything slow starts.
 */
export const testTiers = [
  tier("unit", 0, { include: [`${homes}.test.ts`], exclude: [`${homes}.{envoy,netns,story,backbone,cluster,node,failure}.test.ts`] }),
  tier("envoy", 1, { include: [`${homes}.envoy.test.ts`] }),
  tier("backbone", 1, { include: [`${homes}.backbone.test.ts`] }),
  tier("cluster", 2, { include: [`${homes}.cluster.test.ts`], ...slow }),
  tier("netns", 3, { include: [`${homes}.netns.test.ts`], fileParallelism: false }),
  tier("story", 4, { include: [`${homes}.story.test.ts`], fileParallelism: false }),
  tier("node", 5, { include: [`${homes}.node.test.ts`], fileParallelism: false, ...slow }),
  tier("failure", 6, { include: [`${homes}.failure.test.ts`], fileParallelism: false }),
];

interface Tier {
  readonly include: string[];
  readonly exclude?: string[];
  readonly fileParallelism?: boolean;
  readonly testTimeout?: number;
  readonly hookTimeout?: number;
}

/** Without Vitest's own excludes, which ours would take the place of, all packages are searched: longer than many tests take. */
function tier(name: string, groupOrder: number, { exclude = [], ...files }: Tier) {
  return { extends: true as const, test: { name, sequence: { groupOrder }, exclude: [...configDefaults.exclude, ...exclude], ...files } };
}
