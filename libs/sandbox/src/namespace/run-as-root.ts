import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { CommandFailed, searchPath } from "../commands.ts";
import { findEntry, type Entry } from "./entry.ts";
import type { IdRange } from "./id-range.ts";

const script = join(import.meta.dirname, "enter.sh");
const namespaces = ["--user", "--mount", "--net"];
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs a command as root of new user, mount and network namespaces, with this process's terminal and environment, and gives
 * its exit code. Undefined where this process is root already: nothing is run. It ends when this process does.
 * `say` gets a line on how it runs, or on what is missing; then the code is 1.
 */
export async function runAsNamespaceRoot(argv: readonly string[], say: (line: string) => void): Promise<number | undefined> {
  const entry = findEntry();
  switch (entry.kind) {
    case "here":
      return undefined;
    case "closed":
      for (const sentence of entry.missing) say(sentence);
      return 1;
    case "single":
      say(`not root: running in a user namespace with one id for all, since ${entry.because}`);
      return await ended(spawn("unshare", [...namespaces, "--map-root-user", "/bin/sh", script, ...argv], { stdio: "inherit", env: environment() }));
    case "range":
      say(`not root: running in a user namespace with the ids of ${entry.account.name} in /etc/subuid`);
      return await inRange(entry, argv);
  }
}

/** The maps are given from outside while the process waits inside. */
async function inRange({ uids, gids }: Extract<Entry, { kind: "range" }>, argv: readonly string[]): Promise<number> {
  const waiting = 'echo unshared >&3; read -r go <&3 && [ "$go" = mapped ] && exec 3>&- && exec "$@"';
  const child = spawn("unshare", [...namespaces, "/bin/sh", "-c", waiting, "sh", "/bin/sh", script, ...argv], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: environment(),
  });
  const code = ended(child);
  const gate = gateOf(child);
  try {
    await Promise.race([once(gate, "data"), code]);
    map("newuidmap", child, { own: process.getuid?.() ?? -1, range: uids });
    map("newgidmap", child, { own: process.getgid?.() ?? -1, range: gids });
    gate.end("mapped\n");
  } finally {
    gate.end();
  }
  return await code;
}

function gateOf(child: ChildProcess): Duplex {
  const gate = child.stdio[3];
  if (!(gate instanceof Duplex)) throw new CommandFailed("no pipe to unshare");
  gate.on("error", () => undefined);
  return gate;
}

/** Root inside is this user outside; the ids after it are those of the range. */
function map(tool: string, child: ChildProcess, { own, range }: { readonly own: number; readonly range: IdRange }): void {
  const numbers = [child.pid ?? -1, 0, own, 1, 1, range.start, range.count];
  const { status, stderr } = spawnSync(tool, numbers.map(String), { env: environment(), encoding: "utf8" });
  if (status !== 0) throw new CommandFailed(`${tool}: ${stderr.trim()}`);
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: searchPath };
}

/** What would end this process is passed on, and it stays until the child has obeyed. */
async function ended(child: ChildProcess): Promise<number> {
  const obey = (signal: NodeJS.Signals) => void child.kill(signal);
  for (const signal of endings) process.on(signal, obey);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("error", reject);
  child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  return await promise.finally(() => {
    for (const signal of endings) process.off(signal, obey);
  });
}
