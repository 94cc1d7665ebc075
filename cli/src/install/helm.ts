import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Env } from "@osm/runtime";
import type { ClusterChoice } from "../cluster/open-cluster.ts";
import { homeFolder } from "../frame/home-folder.ts";
import { Unmet } from "../unusable.ts";
import { helmProgram } from "./carried.ts";

/** Helm, told which cluster is meant. */
export interface Helm {
  /** What it prints. @throws Unmet with its complaint; when the signal aborts */
  run(args: readonly string[]): Promise<string>;
}

export interface HelmOptions {
  readonly choice: ClusterChoice;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Repositories, plugins and caches of the user's own Helm are neither read nor written. @throws Unusable without a Helm */
export async function openHelm({ choice, env, signal }: HelmOptions): Promise<Helm> {
  const program = await helmProgram(env);
  const place = [...(choice.kubeconfig === "" ? [] : ["--kubeconfig", choice.kubeconfig]), ...(choice.context === "" ? [] : ["--kube-context", choice.context])];
  return {
    run: async (args) => {
      const home = await mkdtemp(join(tmpdir(), "osm-helm-"));
      try {
        return await runProgram(program, [...args, ...place], { env: helmEnv(env, home), signal });
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    },
  };
}

/** What Helm is given: nothing in it says of another cluster, account or namespace than the one we speak to. */
export function helmEnv(env: Env, home: string): Env {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("HELM_KUBE") && name !== "HELM_NAMESPACE");
  return { ...Object.fromEntries(kept), HOME: homeFolder(env), HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home, KUBECACHEDIR: home };
}

async function runProgram(program: string, args: readonly string[], { env, signal }: Pick<HelmOptions, "env" | "signal">): Promise<string> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  // Asked to end, Helm notes in the cluster that the release is not whole, or takes it back.
  const end = () => void child.kill("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  const code = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  try {
    const [printed, complaint, ended] = await Promise.all([text(child.stdout), text(child.stderr), code]);
    signal.throwIfAborted();
    if (ended === 0) return printed;
    throw new Unmet(`helm ${args[0] ?? ""}: ${lastWords(complaint)}`);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** From its `Error:` on; warnings before it are left out. */
function lastWords(complaint: string): string {
  const from = complaint.lastIndexOf("Error: ");
  const words = from < 0 ? complaint : complaint.slice(from + "Error: ".length);
  return words.trim().slice(0, 2000) || "it failed without a word";
}
