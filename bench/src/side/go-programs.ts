import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

export type GoProgram = "client" | "peer";

/** No Go where one is needed. The message says how to have it. */
export class GoMissing extends Error {
  override readonly name = "GoMissing";
}

/** The Go tool, where there is one. */
export function findGo(): string | undefined {
  const places = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/go/bin"];
  return places.map((place) => join(place, "go")).find((path) => existsSync(path));
}

/** Builds a program of this bench; nothing is done again while its sources stay. @returns its path. @throws GoMissing */
export async function buildGo(program: GoProgram): Promise<string> {
  const go = findGo();
  if (!go) throw new GoMissing("the load client and the peer are Go programs: install Go 1.26 or later from https://go.dev/dl, and put it on the PATH");
  const out = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "osm/bench");
  await mkdir(out, { recursive: true });
  const binary = join(out, program);
  await promisify(execFile)(go, ["build", "-o", binary, "."], { cwd: join(import.meta.dirname, "../..", program) });
  return binary;
}
