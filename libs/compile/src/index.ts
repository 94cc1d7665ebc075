export { compileMesh, type CompiledMesh, type MeshSettings } from "./compile-mesh.ts";
export { sentenceOf } from "./findings.ts";
