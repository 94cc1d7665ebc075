export { compileMesh, type CompiledMesh, type Earlier, type MeshSettings } from "./compile-mesh.ts";
export { originsOf, type Rendered } from "./origins.ts";
export { sentenceOf } from "./findings.ts";
