export * from "./store.ts";
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from "./memory/memory-store.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
export { redisAccess, redisServerConfig, redisUser, type RedisServerSettings, type RedisTlsFiles, type RedisUserEntry } from "./redis/access-list.ts";
