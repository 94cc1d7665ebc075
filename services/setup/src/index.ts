export { parseConfig, type SetupConfig, type Workload } from "./config.ts";
export { secretsOf, type FoundSecret, type SecretContent, type SecretPlace } from "./secret-place.ts";
export { controlPlaneSecret, secretOf, setUp, type SetupParts } from "./setup.ts";
export { startOneAnew, type StartAnewParts } from "./start-anew.ts";
export { workloadsOf, type FoundWorkload, type WorkloadPlace } from "./workload-place.ts";
