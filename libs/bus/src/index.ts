export * from "./bus.ts";
export { createMemoryBus, type MemoryBus, type MemoryBusOptions } from "./memory/memory-bus.ts";
export type { Faults } from "./memory/subscription.ts";
export { openBus, type OpenBusOptions } from "./open.ts";
export * from "./writer.ts";
export * from "./until-reachable.ts";
