export { parseConfig, type InjectorConfig } from "./config.ts";
export { startInjector, type InjectorOptions, type RunningInjector } from "./injector.ts";
export { createMeshCluster, type MeshCluster, type MeshClusterOptions } from "./mesh-cluster.ts";
export { openMeshFile, type MeshFile } from "./mesh-file.ts";
export type { Changed, KnownNamespace, MeshLookup } from "./mesh-lookup.ts";
export { openSource, type OpenSource } from "./open-source.ts";
export { createWebhookTrust } from "./webhook-trust.ts";
export { rootsIn, rootsPatch, type RootsPatch, type RootsWish } from "./webhook-roots.ts";
export type { RootsKeeper } from "./keep-roots.ts";
