import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runTool } from "../../images/run-tool.ts";
import { makeCgroups } from "./cgroups.ts";
import { componentCommands } from "./component-commands.ts";
import { containerdSocket, writeComponentFiles } from "./component-files.ts";
import { beginConversation, type Conversation } from "./conversation.ts";
import { dnsObjects } from "./dns.ts";
import { down } from "./down.ts";
import { makeKeys } from "./keys.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { ownImages } from "./own-images.ts";
import type { NodePrograms, NodeSettings } from "./settings.ts";
import { firstProcess, loadImages, within } from "./within.ts";

export interface UpOptions {
  readonly programs: NodePrograms;
  /** Called after each step, with how long it took. */
  readonly step: (what: string, tookMs: number) => void;
}

const giveUpMs = 300_000;

/**
 * Starts a whole Kubernetes of one node on this machine: a fresh one each time. Returns when pods can start and names resolve.
 * What is changed outside of its namespaces is a veth pair with two routes, and one cgroup of each controller.
 * @throws Error when it runs already; one that fails half way is taken down again, its logs stay
 */
export async function up(settings: NodeSettings, options: UpOptions): Promise<void> {
  if ((await firstProcess(settings)) !== undefined) throw new Error(`${settings.name} runs already: stop it with node tools/run.mjs cluster down`);
  await down(settings);
  try {
    await start(settings, options);
  } catch (error) {
    await down(settings);
    throw error;
  }
}

async function start(settings: NodeSettings, { programs, step }: UpOptions): Promise<void> {
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const begin = performance.now();
    const result = await work();
    step(what, performance.now() - begin);
    return result;
  };
  const kubectl = kubectlOf(settings, programs);
  const images = await timed("keys, configurations, images", () => prepare(settings, programs));
  const node = await timed("namespaces and wire", () => openNode(settings));
  node.goOn();
  await node.heard("started");
  await timed("containerd", () => until(settings, "containerd", () => within(settings, ["ctr", "-a", containerdSocket, "version"])));
  const loaded = loadImages(settings, images);
  await timed("API server", () => until(settings, "API server", () => kubectl(["get", "--raw", "/readyz"])));
  node.goOn();
  await node.heard("complete");
  node.close();
  await loaded;
  await timed("node ready", () => until(settings, "node", () => kubectl(["wait", "--for=condition=Ready", `node/${settings.name}`, "--timeout=2s"])));
  await timed("DNS", async () => {
    await until(settings, "service account", () => kubectl(["get", "serviceaccount", "default"]));
    await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: dnsObjects(settings) }));
    await kubectl(["-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=120s"]);
  });
}

/** Gives the archives of the images that the node needs. */
async function prepare(settings: NodeSettings, programs: NodePrograms): Promise<readonly string[]> {
  const { dir } = settings;
  const folder = join(dir, "run");
  for (const each of ["run", "log"]) await mkdir(join(dir, each), { recursive: true });
  const keys = await makeKeys(settings);
  await writeComponentFiles(settings, keys, folder);
  const users = { "controller-manager.conf": "system:kube-controller-manager", "scheduler.conf": "system:kube-scheduler", "proxy.conf": "system:kube-proxy", "kubelet.conf": "kubelet" } as const;
  for (const [file, user] of Object.entries(users)) await writeKubeconfig(settings, keys, { user, file: join(folder, file) });
  await writeKubeconfig(settings, keys, { user: "admin", file: settings.kubeconfig });
  const commands = componentCommands(settings, { programs, keys, folder });
  await writeFile(join(folder, "first"), asRecords(commands.first));
  await writeFile(join(folder, "after-api"), asRecords(commands.afterApi));
  await writeFile(join(folder, "name"), settings.name);
  await copyFile(join(import.meta.dirname, "first-process.sh"), join(folder, "first-process.sh"));
  return (await ownImages(settings, programs)).map(({ file }) => file);
}

/** As first-process.sh reads them: name, number of words, words, each ended by a zero byte. */
function asRecords(commands: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(commands).flatMap(([name, words]) => [name, String(words.length), ...words]).map((word) => `${word}\0`).join("");
}

async function openNode(settings: NodeSettings): Promise<Conversation> {
  const cgroups = await makeCgroups(settings.name, settings.memoryBytes);
  const run = join(settings.dir, "run");
  await writeFile(join(run, "cgroups"), cgroups.map(({ folder }) => `${folder}\n`).join(""));
  await writeFile(join(run, "controllers"), cgroups.map(({ controller }) => `${controller}\n`).join(""));
  const node = await beginConversation(settings, cgroups);
  await writeFile(join(run, "pid"), String(node.pid));
  await layWire(settings, node.pid);
  return node;
}

async function layWire({ wire, hostAddress, nodeAddress, podRange, serviceRange }: NodeSettings, pid: number): Promise<void> {
  const inside = ["nsenter", "-t", String(pid), "-n", "ip"];
  const commands = [
    ["ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", String(pid)],
    ["ip", "addr", "add", `${hostAddress}/30`, "dev", wire],
    ["ip", "link", "set", wire, "up"],
    [...inside, "addr", "add", `${nodeAddress}/30`, "dev", "eth0"],
    [...inside, "link", "set", "eth0", "up"],
    // A packet that the node itself sends to a Service needs a way before kube-proxy rewrites it.
    [...inside, "route", "add", serviceRange, "dev", "eth0", "src", nodeAddress],
    ...[podRange, serviceRange].map((range) => ["ip", "route", "add", range, "via", nodeAddress, "dev", wire]),
  ];
  for (const [program = "", ...args] of commands) await runTool(program, args);
}

/** Asks again until the answer comes. @throws Error when the node ended, or with what the last try said */
async function until(settings: NodeSettings, what: string, ask: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + giveUpMs;
  for (;;) {
    const failure = await ask().then(() => undefined, (error: unknown) => error);
    if (failure === undefined) return;
    if ((await firstProcess(settings)) === undefined) throw new Error(`the node ended before its ${what} was ready; ${await logsOf(settings)}`);
    if (performance.now() > end) throw new Error(`the ${what} of the node did not become ready; ${await logsOf(settings)}`, { cause: failure });
    await wait(100);
  }
}

async function logsOf({ dir }: NodeSettings): Promise<string> {
  const folder = join(dir, "log");
  const last = async (file: string): Promise<string> => `${file}: ${(await readFile(join(folder, file), "utf8")).trimEnd().split("\n").at(-1) ?? ""}`;
  const lines = await Promise.all((await readdir(folder)).map(last));
  return `its logs are in ${folder}\n${lines.join("\n")}`;
}

function kubectlOf({ kubeconfig }: NodeSettings, { kubectl: program }: NodePrograms): Kubectl {
  return (args, stdin = "") => runTool(program, ["--kubeconfig", kubeconfig, "--request-timeout=10s", ...args], { stdin });
}
type Kubectl = (args: readonly string[], stdin?: string) => Promise<string>;
