export { keysFromFile, type KeySource } from "./key-source.ts";
export { runXds, type XdsDeps } from "./xds.ts";
