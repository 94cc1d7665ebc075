export type { Call, HttpSpeech, Outcome, PodRef, Speech } from "./call.ts";
export { may } from "./oracle/may.ts";
export { readWorld, type MeshOf, type World } from "./oracle/world.ts";
export { simulate } from "./simulate/simulate.ts";
export { simulatedMesh, type Configuration, type SimulatedMesh } from "./simulate/mesh.ts";
