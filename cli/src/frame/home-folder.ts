import { homedir } from "node:os";
import type { Env } from "@osm/runtime";

/** Where the user's files are; the root for a user whom the machine has no entry for, as containers have it. */
export function homeFolder(env: Env): string {
  if (env["HOME"]) return env["HOME"];
  try {
    return homedir();
  } catch {
    return "/";
  }
}
