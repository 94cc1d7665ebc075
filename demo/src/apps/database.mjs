// A PostgreSQL server with an empty database, which lives as long as this process. POSTGRES_BIN holds its programs.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { POSTGRES_BIN = "/usr/lib/postgresql/bin", POSTGRES_USER = "postgres", POSTGRES_DB = "postgres", POSTGRES_PORT = "5432", STATE_DIR = tmpdir() } = process.env;
const dir = mkdtempSync(join(STATE_DIR, "database-"));
const cluster = join(dir, "data");
const remove = () => rmSync(dir, { recursive: true, force: true });

function run(program, args, input = "") {
  const { status, stderr, error } = spawnSync(join(POSTGRES_BIN, program), args, { input, encoding: "utf8" });
  if (status === 0) return;
  remove();
  process.stderr.write(`${program}: ${error?.message ?? stderr}\n`);
  process.exit(1);
}

run("initdb", ["-D", cluster, "-U", POSTGRES_USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale", "--no-instructions"]);
writeFileSync(join(cluster, "pg_hba.conf"), "host all all all trust\n");
if (POSTGRES_DB !== "postgres") run("postgres", ["--single", "-F", "-D", cluster, "postgres"], `CREATE DATABASE "${POSTGRES_DB}"\n`);

const settings = [`port=${POSTGRES_PORT}`, "listen_addresses=*", "unix_socket_directories=", "fsync=off", "shared_buffers=8MB", "max_connections=20"];
const server = spawn(join(POSTGRES_BIN, "postgres"), ["-D", cluster, ...settings.flatMap((each) => ["-c", each])], { stdio: ["ignore", "inherit", "inherit"] });
// SIGINT is PostgreSQL's quick and orderly end: it does not wait for its clients.
process.on("SIGTERM", () => server.kill("SIGINT"));
server.on("exit", (code) => {
  remove();
  process.exit(code ?? 1);
});
