import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { eventually, freePort, programPath } from "../../libs/testkit/src/index.ts";

/** Files as the pods of the servers have them under /etc/nats. */
export interface NatsFiles {
  readonly "nats.conf": string;
  readonly "cluster.conf": string;
  readonly "tls.crt": string;
  readonly "tls.key": string;
  readonly "ca.crt": string;
}

interface Place {
  readonly name: string;
  readonly client: number;
  readonly peers: number;
  readonly monitor: number;
}

export interface NatsCluster extends AsyncDisposable {
  readonly places: readonly Place[];
  /** Ends one at once, without asking. */
  kill(at: number): Promise<void>;
  start(at: number): Promise<void>;
  /** What a server answers about itself. */
  asks(at: number, path: string): Promise<unknown>;
  logOf(at: number): Promise<string>;
  /** What a program prints that finds the servers by their names. @throws Error with its complaint */
  visit(...command: readonly string[]): Promise<string>;
}

const names = ["osm-nats-cluster-0", "osm-nats-cluster-1", "osm-nats-cluster-2"];

/** The servers of the chart as processes of this machine: their files as they are, but for ports and folders. */
export async function startNatsCluster(filesOf: (name: string) => NatsFiles): Promise<NatsCluster> {
  const folder = await mkdtemp(join(tmpdir(), "osm-nats-cluster-"));
  const places = await Promise.all(names.map(async (name) => ({ name, client: await freePort(), peers: await freePort(), monitor: await freePort() })));
  const hosts = [...names.map((name) => `${name}.osm-nats-peers.osm-system.svc`), "osm-nats.osm-system.svc", "localhost"].map((name) => `127.0.0.1 ${name}\n`).join("");
  await writeFile(join(folder, "hosts"), hosts);
  const running = new Map<number, ChildProcess>();
  for (const place of places) await writeFiles(join(folder, place.name), filesOf(place.name), { place, places });

  const kill = async (at: number) => {
    const child = running.get(at);
    running.delete(at);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  const start = async (at: number) => {
    const place = places[at];
    if (!place) throw new Error(`there is no server ${at}`);
    const home = join(folder, place.name);
    const args = ["--config", join(home, "cluster.conf"), "--addr", "127.0.0.1", "--http_port", String(place.monitor), "--log", join(home, "log")];
    running.set(at, spawn("setpriv", ["--pdeathsig", "KILL", ...withHosts(folder), programPath("nats-server"), ...args], { stdio: "ignore", env: { OSM_REPLICA: place.name, PATH: process.env["PATH"] } }));
  };
  for (const at of places.keys()) await start(at);
  return {
    places, kill, start,
    asks: async (at, path) => await (await fetch(`http://127.0.0.1:${places[at]?.monitor}${path}`)).json(),
    logOf: async (at) => await readFile(join(folder, places[at]?.name ?? "", "log"), "utf8"),
    visit: async (...command) => await visiting([...withHosts(folder), ...command]),
    [Symbol.asyncDispose]: async () => {
      for (const at of places.keys()) await kill(at);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function allHealthy(cluster: NatsCluster): Promise<void> {
  for (const at of cluster.places.keys()) await eventually(async () => {
    const said = await cluster.asks(at, "/healthz");
    if (JSON.stringify(said) !== '{"status":"ok"}') throw new Error(`server ${at}: ${JSON.stringify(said)}\n${(await cluster.logOf(at)).slice(-2000)}`);
  }, { deadlineMs: 60_000, everyMs: 200 });
}

/** A mount namespace where the names of the cluster are this machine's. */
function withHosts(folder: string): readonly string[] {
  return ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc/hosts && shift && exec "$@"', "-", join(folder, "hosts")];
}

async function writeFiles(home: string, files: NatsFiles, { place, places }: { readonly place: Place; readonly places: readonly Place[] }): Promise<void> {
  await mkdir(home, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    const here = content.replaceAll("/etc/nats/", `${home}/`).replaceAll('"/data', `"${home}/data`).replace("0.0.0.0:4222", `127.0.0.1:${place.client}`).replace("0.0.0.0:6222", `127.0.0.1:${place.peers}`);
    await writeFile(join(home, file), places.reduce((text, { name, peers }) => text.replaceAll(`${name}.osm-nats-peers.osm-system.svc:6222`, `${name}.osm-nats-peers.osm-system.svc:${peers}`), here), { mode: 0o600 });
  }
}

async function visiting([program = "", ...args]: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const [printed, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  if (child.exitCode !== 0) throw new Error(`${args.at(-1)}: ${complaint.slice(-2000)}`);
  return printed;
}
