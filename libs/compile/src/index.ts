export { compileMesh, type CompiledMesh, type Earlier, type MeshSettings } from "./compile-mesh.ts";
export { sentenceOf } from "./findings.ts";
