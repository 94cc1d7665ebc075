import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "@osm/testkit";

export interface ServiceProcess extends AsyncDisposable {
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>;
  readonly said: () => string;
  /** What its `/metrics` says. */
  readonly metrics: () => Promise<string>;
}

/** A service by its own `main.ts`. Resolves once it says that it is ready. @throws Error with its words when it ends before. */
export async function startService(service: "watcher" | "compiler" | "ca" | "xds", env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL("main.ts", import.meta.resolve(`@osm/${service}`)));
  const healthPort = await freePort();
  const child = spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, main], { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], OSM_HEALTH_PORT: `${healthPort}`, ...env } });
  const exited = once(child, "exit");
  const said: string[] = [];
  const ready = Promise.withResolvers<void>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      said.push(line);
      if (line.includes('"message":"ready"')) ready.resolve();
    });
  }
  void exited.then(() => ready.reject(new Error(`${service} ended:\n${said.join("\n")}`)));
  await ready.promise;
  return {
    said: () => said.join("\n"),
    metrics: async () => (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text(),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
      return child.exitCode;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
