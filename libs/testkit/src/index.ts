export { documentsOf, reversed, shuffled } from "./documents.ts";
export { eventually, type EventuallyOptions } from "./eventually.ts";
export { manualClock, type ManualClock } from "./manual-clock.ts";
export { needs, programPath, type DescribeGroup } from "./needs.ts";
export type { Program, Requirement } from "./requirements.ts";
export { scenarios, type Scenario } from "./scenarios.ts";
