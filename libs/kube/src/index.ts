export * from "./cluster.ts";
export { openFolder } from "./folder/open-folder.ts";
export { defaultClusterIp, withDefaults } from "./folder/defaults.ts";
