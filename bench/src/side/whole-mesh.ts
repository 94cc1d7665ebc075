import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createMemoryBus } from "@osm/bus";
import { startCa } from "@osm/ca";
import { runCompiler } from "@osm/compiler";
import { factKinds, meshName, type Fact } from "@osm/model";
import { parseAuthority, Sealed } from "@osm/pki";
import { createLog, createMetrics, systemClock } from "@osm/runtime";
import { createMemoryStore } from "@osm/store";
import { subjectsOf } from "@osm/wire";
import { keysFromFile, runXds } from "@osm/xds";
import { z } from "zod";
import { createTeller } from "./teller.ts";

// All services in this process, on adapters of memory. Facts come in on stdin; what is said goes to stdout, logs to stderr.

const pem = z.object({ certificate: z.string(), key: z.string() });
const facts = z.array(z.custom<Fact>());
const command = z.discriminatedUnion("op", [
  z.object({ op: z.literal("start"), facts, tls: pem, root: pem, jwks: z.unknown(), issuer: z.string() }),
  z.object({ op: z.literal("say"), facts }),
]);
type Command = z.output<typeof command>;
type Start = Extract<Command, { op: "start" }>;

const mesh = meshName("osm");
const trustDomain = "cluster.local";
const subjects = subjectsOf(mesh);
const stop = new AbortController();
const log = createLog("bench", "silent");
const bus = createMemoryBus({ log });
const store = createMemoryStore();
const teller = createTeller(bus, subjects);
const dir = await mkdtemp(join(tmpdir(), "osm-bench-"));

async function start({ facts: first, tls, root, jwks, issuer }: Start): Promise<number> {
  const { signal } = stop;
  const keys = join(dir, "jwks.json");
  await writeFile(keys, JSON.stringify(jwks));
  await teller.say(first);
  await teller.complete(factKinds);
  const authority = parseAuthority("workloads", { certPem: root.certificate, keyPem: new Sealed(root.key) });
  const ca = await startCa({ mesh, trustDomain, validitySec: 86_400, root: authority, bus, clock: systemClock, log, signal });
  const compiled = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<number>();
  void ca.done.catch(fail);
  void runCompiler({ mesh, member: "compiler-0", settings: { trustDomain }, bus, store, log, signal, ready: compiled.resolve }).catch(fail);
  await Promise.all([ca.ready, compiled.promise]);
  const deps = { mesh, replica: "xds-0", address: "127.0.0.1:0", tls, issuers: [issuer], keys: keysFromFile(keys, Date.now), bus, store, now: Date.now, log };
  void runXds({ ...deps, metrics: createMetrics(), signal, ready: listening.resolve }).catch(fail);
  return listening.promise;
}

async function carryOut(taken: Command): Promise<object> {
  switch (taken.op) {
    case "start":
      return { event: "listening", port: await start(taken) };
    case "say":
      return { event: "said", at: await teller.say(taken.facts) };
  }
}

function fail(err: unknown): void {
  console.error(err);
  process.exit(1);
}

process.on("SIGTERM", () => {
  rmSync(dir, { recursive: true, force: true });
  process.exit(0);
});
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await carryOut(command.parse(JSON.parse(line))))}\n`);
}
stop.abort();
await rm(dir, { recursive: true, force: true });
process.exit(0);
