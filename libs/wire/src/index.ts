export * from "./subjects.ts";
export * from "./payloads.ts";
export * from "./json.ts";
