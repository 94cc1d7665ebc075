import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { createRoot, generateKeyPair, parseAuthority, privateKeyPem, signServer } from "@osm/pki";
import { nodeArguments } from "@osm/runtime";
import { freePort } from "@osm/testkit";
import { z } from "zod";

/** An injector as a process of its own, on processor 0. */
export interface InjectorAlone extends AsyncDisposable {
  /** Asks for a review and reads the answer. @throws Error when the pod was not patched. */
  readonly review: (body: string) => Promise<void>;
  /** Processor time that the injector has had so far. */
  readonly cpuMs: () => number;
}

const mesh = {
  settings: {
    mesh: "osm", meshNamespace: "osm-system", xds: { host: "osm-xds.osm-system.svc", port: 15_128, serverName: "osm-xds.osm-system.svc" },
    envoyImage: "example.com/envoy:1.40.0", initImage: "example.com/osm-init:2.0.0", nativeSidecars: true, sleepHooks: true,
  },
  namespaces: [{ name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled", "prometheus.io/scrape": "true" } }],
};
const line = z.object({ message: z.string() });
/** The kernel counts processor time in hundredths of a second. */
const tickMs = 10;

export async function startInjectorAlone(): Promise<InjectorAlone> {
  const home = mkdtempSync(join(tmpdir(), "osm-bench-injector-"));
  const [ca, port] = [await writeFiles(home), await freePort()];
  const env = { OSM_INJECTOR_TLS_DIR: home, OSM_INJECTOR_MESH_FILE: join(home, "mesh.json"), OSM_INJECTOR_PORT: String(port), OSM_HEALTH_PORT: "0" };
  const main = join(import.meta.dirname, "../../services/injector/src/main.ts");
  const child = spawn("taskset", ["--cpu-list", "0", process.execPath, ...nodeArguments, main], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  for await (const said of createInterface(child.stdout)) if (line.parse(JSON.parse(said)).message === "ready") break;
  child.stdout.resume();
  const agent = new Agent({ keepAlive: true });
  return {
    review: async (body) => await reviewed({ port, ca, agent }, body),
    cpuMs: () => cpuOf(child.pid ?? 0),
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      child.kill("SIGTERM");
      await exited;
      rmSync(home, { recursive: true });
    },
  };
}

interface Line {
  readonly port: number;
  readonly ca: string;
  readonly agent: Agent;
}

async function reviewed({ port, ca, agent }: Line, body: string): Promise<void> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: "127.0.0.1", servername: "localhost", port, ca, agent, method: "POST", path: "/mutate-pod-creation", headers }, resolve).on("error", reject).end(body);
  });
  const said = await text(answer);
  if (!said.includes('"patchType":"JSONPatch"')) throw new Error(`a pod was not patched: ${said.slice(0, 300)}`);
}

async function writeFiles(home: string): Promise<string> {
  const now = Date.now() / 1000;
  const root = await createRoot({ commonName: "bench", now, lifetimeSec: 36_000 });
  const keys = await generateKeyPair();
  const { chainPem } = signServer({ publicKey: keys.publicKey, dnsNames: ["localhost"], ips: [], ca: parseAuthority("servers", root), now, validitySec: 36_000 });
  const files = { "tls.crt": chainPem, "tls.key": privateKeyPem(keys.privateKey).open(), "mesh.json": JSON.stringify(mesh) };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content, { mode: 0o600 });
  return root.certPem;
}

/** utime and stime, the 14th and 15th of its fields; the second, a name, is in brackets. */
function cpuOf(pid: number): number {
  const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const fields = rest.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
