export { callersSettled, type MeshBus } from "./callers-settled.ts";
export { converge, factWhere, settled, type Converged, type Settling } from "./convergence.ts";
export type { LocalMesh } from "./local-mesh.ts";
export { fileIn, lineOf, remarksIn, type Remark } from "./remarks.ts";
export { nodeBin, openSandboxedMesh, type SandboxedMesh, type SandboxedMeshOptions } from "./sandboxed-mesh.ts";
