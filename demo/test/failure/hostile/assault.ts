import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { processEnv } from "@osm/runtime";
import type { Attack } from "./attacks.ts";

export interface AssaultPlan {
  readonly attacks: readonly Attack[];
  /** So many connections of each at each server. */
  readonly lines: number;
  readonly hosts: readonly string[];
  readonly port: number;
  readonly serverName: string;
  /** PEM. */
  readonly root: string;
  readonly tokenFile: string;
}

export interface Assault {
  /** Blows that have landed until now, by attack. */
  readonly blows: () => ReadonlyMap<string, number>;
  readonly end: () => Promise<void>;
}

const program = `${import.meta.dirname}/main.ts`;

/** Attacks until it is ended, from a process of its own. Resolves once each of the attacks has landed a blow. @throws Error with its words when it ends before */
export async function startAssault({ attacks, lines, hosts, port, serverName, root, tokenFile }: AssaultPlan): Promise<Assault> {
  const env = { ...processEnv(), ATTACKS: attacks.join(), LINES: `${lines}`, HOSTS: hosts.join(), PORT: `${port}`, SERVER_NAME: serverName, ROOT: root, TOKEN_FILE: tokenFile };
  const child = spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, program], { env, stdio: ["ignore", "pipe", "pipe"] });
  const blows = new Map<string, number>();
  const all = Promise.withResolvers<void>();
  const words: string[] = [];
  child.stderr.on("data", (text) => void words.push(String(text)));
  createInterface({ input: child.stdout }).on("line", (attack) => {
    blows.set(attack, (blows.get(attack) ?? 0) + 1);
    if (blows.size === attacks.length) all.resolve();
  });
  const ended = once(child, "close").then(() => all.reject(new Error(`the attack has ended:\n${words.join("")}`)));
  await all.promise;
  return {
    blows: () => blows,
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
