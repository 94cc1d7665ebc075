export { headOf, isRead, parseObject, type ObjectHead } from "./parse-object.ts";
export { kinds, type MeshContext } from "./kinds/index.ts";
export { splitDocuments, type Documents } from "./manifests.ts";
