export * from "./bus.ts";
export { createMemoryBus, type MemoryBus, type MemoryBusOptions } from "./memory/memory-bus.ts";
export type { Faults } from "./memory/subscription.ts";
export { openBus, type OpenBusOptions } from "./open.ts";
export * from "./writer.ts";
export * from "./until-reachable.ts";
export * from "./members.ts";
export { natsPermissions, natsUser, type NatsPermissions } from "./nats/permissions.ts";
export { natsServerConfig, type NatsMesh, type NatsServerSettings, type NatsTlsFiles, type NatsUserEntry } from "./nats/server-config.ts";
