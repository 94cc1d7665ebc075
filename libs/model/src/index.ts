export * from "./ids.ts";
export * from "./digest.ts";
export * from "./fact.ts";
export * from "./finding.ts";
export * from "./mesh-state.ts";
export * from "./order.ts";
export * from "./resource.ts";
export * from "./view.ts";
