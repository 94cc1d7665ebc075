import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { programPath, type Program, type Requirement } from "@osm/testkit";

const run = promisify(execFile);
const main = `${import.meta.dirname}/../src/main.ts`;

const variables: readonly (readonly [string, Program])[] = [["NATS_SERVER_BIN", "nats-server"], ["REDIS_SERVER_BIN", "redis-server"]];

/** What any story is played on. */
export const stageNeeds = ["root", "netns", "ip", "iptables", "envoy"] as const satisfies readonly Requirement[];

/** The environment of a program that plays on processes of their own. */
export function backbonePrograms(): Readonly<Record<string, string>> {
  return Object.fromEntries(variables.map(([variable, program]) => [variable, programPath(program)]));
}

/** Plays the demo as assertions. @returns all that it tells. @throws Error when it is not as told */
export async function toldStory(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, [main, "--check", ...args], { env: { ...process.env, ENVOY_BIN: programPath("envoy"), ...env } });
  return stdout;
}
