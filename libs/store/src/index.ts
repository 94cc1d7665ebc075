export * from "./store.ts";
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from "./memory/memory-store.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
