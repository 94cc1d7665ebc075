export * from "./decode-request.ts";
export * from "./encode-response.ts";
export * from "./protocol.ts";
export { newStream, subscriptionCount } from "./stream-state.ts";
export type { StreamState } from "./stream-state.ts";
export * from "./step.ts";
