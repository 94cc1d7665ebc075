export { callersSettled, type MeshBus } from "./callers-settled.ts";
export { converge, factWhere, settled, type Converged, type Settling } from "./convergence.ts";
export { startDistributedMesh, type DistributedMesh, type DistributedOptions } from "./distributed/distributed-mesh.ts";
export type { ManagedProcess } from "./distributed/managed-process.ts";
export { metricsOf, type Replica } from "./distributed/service-processes.ts";
export { startLocalMesh } from "./local-mesh.ts";
export { fileIn, lineOf, remarksIn, type Remark } from "./remarks.ts";
export type { RunningMesh } from "./running-mesh.ts";
export { nodeBin, openSandboxedMesh, type MeshPlace, type SandboxedMesh, type SandboxedMeshOptions } from "./sandboxed-mesh.ts";
