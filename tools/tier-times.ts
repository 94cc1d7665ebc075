import type { Reporter, TestModule } from "vitest/node";

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A reporter that says how long each tier took, from its first file's start to its last file's end. */
export function tierTimes(): Reporter {
  const spans = new Map<string, Span>();
  return {
    onTestModuleStart: (module) => extend(spans, module),
    onTestModuleEnd: (module) => extend(spans, module),
    onTestRunEnd: () => {
      for (const [tier, { from, to }] of spans) console.log(`tier ${tier.padEnd(6)} ${((to - from) / 1000).toFixed(1)} s`);
    },
  };
}

function extend(spans: Map<string, Span>, module: TestModule): void {
  const now = performance.now();
  const tier = module.project.name;
  spans.set(tier, { from: spans.get(tier)?.from ?? now, to: now });
}
