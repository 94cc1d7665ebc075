import { execFile, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Certified } from "./secrets-for-test.ts";

const run = promisify(execFile);
/** Taken over by 15003, as what comes from other pods is. */
const host = "127.0.0.2";
const port = 9000;

export interface Ending {
  /** What can be resumed; empty when nothing can. */
  readonly session: string;
  readonly reused: boolean;
}

/** A connection that waits to be spoken to. */
export interface Line {
  /** What came next; undefined once it has ended. */
  heard(): Promise<string | undefined>;
  say(words: string): void;
  hangUp(): void;
  ended(): Promise<Ending>;
}

export interface Wish extends Certified {
  readonly rootPem: string;
  readonly version?: "TLSv1.2" | "TLSv1.3";
  readonly session?: string;
}

/** The network of a running Envoy, with an app beside it that speaks first. */
export interface GreetedPod extends AsyncDisposable {
  open(wish: Wish): Line;
}

export async function greetedPod(envoyPid: number): Promise<GreetedPod> {
  const inside = ["--net", "--target", `${envoyPid}`, "--"];
  await run("nsenter", [...inside, "ip", "link", "set", "lo", "up"]);
  await run("nsenter", [...inside, "iptables", "-w", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", host, "--dport", `${port}`, "-j", "REDIRECT", "--to-ports", "15003"]);
  const start = (script: string) => spawn("nsenter", [...inside, process.execPath, join(import.meta.dirname, script)]);
  const server = start("greeting-server.mjs");
  await once(server.stdout, "data");
  return {
    open: (wish) => lineOn(start("greeting-client.mjs"), wish),
    [Symbol.asyncDispose]: async () => {
      server.stdin.end();
      await once(server, "exit");
    },
  };
}

function lineOn(client: ChildProcessWithoutNullStreams, { chainPem, keyPem, rootPem, version = "TLSv1.3", session }: Wish): Line {
  client.stdin.on("error", () => undefined);
  const say = (words: string) => void client.stdin.write(`${words}\n`);
  say(JSON.stringify({ certificate: chainPem, key: keyPem, roots: rootPem, host, port, version, session }));
  const events = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  let ending: Ending | undefined;
  const heard = async () => {
    const { value = "" } = await events.next();
    const [kind, ...words] = value.split(" ");
    if (kind === "heard") return words.join(" ");
    if (kind !== "ended") throw new Error(`the client said ${JSON.stringify(value)}`);
    const [reused, resumable = ""] = words;
    ending = { reused: reused === "true", session: resumable };
    return undefined;
  };
  const ended = async () => {
    while (!ending) await heard();
    return ending;
  };
  return { heard, say, hangUp: () => client.stdin.end(), ended };
}
