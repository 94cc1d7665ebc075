import { readFileSync } from "node:fs";
import { parseEnv, processEnv } from "@osm/runtime";
import { z } from "zod";
import { attacks, strike, type Attack } from "./attacks.ts";

// Attacks xDS servers in the name of a pod of their mesh, in all of the named ways at once and again and again, until it is killed.
// Each connection that has done harm is a line of its own.

const list = z.string().transform((text) => text.split(","));
const plan = z.object({
  ATTACKS: list.transform((named) => attacks.filter((each) => named.includes(each))), LINES: z.coerce.number(),
  HOSTS: list, PORT: z.coerce.number(), SERVER_NAME: z.string(), ROOT: z.string(), TOKEN_FILE: z.string(),
});
const { ATTACKS, LINES, HOSTS, PORT: port, SERVER_NAME: serverName, ROOT: root, TOKEN_FILE } = parseEnv(plan, processEnv());
const token = readFileSync(TOKEN_FILE, "utf8");

const again = async (attack: Attack, host: string) => {
  for (;;) {
    let told = false;
    const struck = () => {
      if (!told) process.stdout.write(`${attack}\n`);
      told = true;
    };
    await strike(attack, { host, port, serverName, root, token }, struck);
    await new Promise(setImmediate);
  }
};
await Promise.all(ATTACKS.flatMap((attack) => HOSTS.flatMap((host) => Array.from({ length: LINES }, () => again(attack, host)))));
