export { parseConfig, type SetupConfig } from "./config.ts";
export { secretsOf, type FoundSecret, type SecretContent, type SecretPlace } from "./secret-place.ts";
export { controlPlaneSecret, secretOf, setUp, type SetupParts } from "./setup.ts";
