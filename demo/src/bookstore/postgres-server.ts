import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { userIds } from "@osm/sandbox";

/** A PostgreSQL of this machine, as a pod can run it. */
export interface PostgresServer {
  /** The folder of `initdb` and `postgres`. */
  readonly bin: string;
  /** Where its databases lie while they run. */
  readonly stateDir: string;
  /** It refuses to run as root. */
  readonly user: number;
}

export type FoundPostgres = { readonly kind: "found"; readonly bin: string } | { readonly kind: "missing"; readonly words: string };

export interface PostgresPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where Debian puts them, one folder a version. */
  readonly debian?: string;
}

/**
 * Looks for PostgreSQL's programs: in POSTGRES_BIN, else where Debian puts them.
 * @throws Error where nothing may be missing, that is with CI=true.
 */
export function findPostgres({ env, debian = "/usr/lib/postgresql" }: PostgresPlaces): FoundPostgres {
  const bin = [env["POSTGRES_BIN"] ?? "", ...versionsIn(debian).map((version) => join(debian, version, "bin"))].find(hasPrograms);
  if (bin !== undefined) return { kind: "found", bin };
  const words = "PostgreSQL is not installed, so the steps over TCP are left out: apt install postgresql, or set POSTGRES_BIN to the folder of initdb";
  if (env["CI"] === "true") throw new Error(words);
  return { kind: "missing", words };
}

/** Makes the folder that its databases will lie in, for the user they run as. */
export function postgresIn(bin: string, stateDir: string): PostgresServer {
  const user = unprivileged(readFileSync("/etc/passwd", "utf8"));
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  if (userIds() === "many") chownSync(stateDir, user, user);
  return { bin, stateDir, user };
}

/** PostgreSQL runs only as a user that has a name: its own where the package made one. @throws Error when there is none. */
export function unprivileged(passwd: string): number {
  const ids = new Map(passwd.split("\n").map((line) => line.split(":")).map(([name = "", , uid]) => [name, Number(uid)]));
  const user = ids.get("postgres") ?? ids.get("nobody");
  if (user === undefined) throw new Error("no user postgres or nobody on this machine, as whom PostgreSQL could run");
  return user;
}

function versionsIn(debian: string): readonly string[] {
  if (!existsSync(debian)) return [];
  return readdirSync(debian).toSorted((a, b) => Number(b) - Number(a));
}

function hasPrograms(bin: string): boolean {
  return bin !== "" && ["initdb", "postgres"].every((program) => existsSync(join(bin, program)));
}
