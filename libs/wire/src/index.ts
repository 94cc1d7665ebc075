export * from "./subjects.ts";
export * from "./payloads.ts";
export * from "./json.ts";
export * from "./trace.ts";
export * from "./trace-origin.ts";
export * from "./trace-live.ts";
export * from "./rights.ts";
