export { startCa, usualRate, type CaOptions, type RunningCa } from "./ca.ts";
export { openRoot, type RootFolder } from "./root-folder.ts";
export { rootIn, type RootPlace, type RootWish } from "./root-place.ts";
export type { Rate } from "./replica-limits.ts";
