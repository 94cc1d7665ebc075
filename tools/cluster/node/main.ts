import { spawn } from "node:child_process";
import { down } from "./down.ts";
import { nodePrograms, nodeSettings, type NodeSettings } from "./settings.ts";
import { up } from "./up.ts";
import { loadImages } from "./within.ts";

const usage = `usage: node tools/run.mjs cluster <command>
  build                 make the programs, once a version
  up                    start a Kubernetes of one node on this machine, as root; says its kubeconfig
  down                  end it and remove what it was
  load-image FILE...    put image archives (docker save, OCI) into it
  kubectl ARGUMENTS     run kubectl on it
OSM_NODE=1 (to 9) before it means another node beside the first.`;

const [command = "", ...args] = process.argv.slice(2);
try {
  process.exitCode = await run(nodeSettings(Number(process.env["OSM_NODE"] ?? "0")));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function run(settings: NodeSettings): Promise<number> {
  switch (command) {
    case "up":
      await up(settings, { programs: nodePrograms(process.env), step: (what, tookMs) => console.error(`${what.padEnd(32)}${(tookMs / 1000).toFixed(1).padStart(6)} s`) });
      console.log(`export KUBECONFIG=${settings.kubeconfig}`);
      return 0;
    case "down":
      await down(settings);
      return 0;
    case "load-image":
      await loadImages(settings, args);
      return 0;
    case "kubectl":
      return await passOn(nodePrograms(process.env).kubectl, ["--kubeconfig", settings.kubeconfig, ...args]);
    default:
      console.error(usage);
      return 2;
  }
}

/** The program owns the terminal; its exit code is ours. */
async function passOn(program: string, words: readonly string[]): Promise<number> {
  const child = spawn(program, words, { stdio: "inherit" });
  return await new Promise((resolve, reject) => void child.once("error", reject).once("close", (code) => resolve(code ?? 1)));
}
