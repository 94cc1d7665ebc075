export { startInjector, type InjectorOptions, type RunningInjector } from "./injector.ts";
export { openMeshFile, type MeshFile } from "./mesh-file.ts";
export type { KnownNamespace, MeshLookup } from "./mesh-lookup.ts";
