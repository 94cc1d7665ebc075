export { startCa, type CaOptions, type RunningCa } from "./ca.ts";
export { openRoot, type RootFolder } from "./root-folder.ts";
