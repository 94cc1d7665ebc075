export type { Call, HttpSpeech, Intrusion, Outcome, PodRef, Speech } from "./call.ts";
export { may } from "./oracle/may.ts";
export { mayIntrude } from "./oracle/may-intrude.ts";
export { readWorld, type MeshOf, type World } from "./oracle/world.ts";
export { simulate, simulateIntrusion } from "./simulate/simulate.ts";
export { simulatedMesh, type Configuration, type SimulatedMesh } from "./simulate/mesh.ts";
