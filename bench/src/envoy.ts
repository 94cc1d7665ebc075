import { readFile } from "node:fs/promises";
import { compileMesh, type CompiledMesh } from "@osm/compile";
import { fold } from "@osm/model";
import { startEnvoy, type OneEnvoy } from "../../libs/compile/test/one-envoy.ts";
import { secretsForTest } from "../../libs/compile/test/secrets-for-test.ts";
import type { Row } from "./report.ts";
import { shopFacts, stateOf, workloadFacts } from "./shop.ts";

const settings = { trustDomain: "cluster.local" };

/** A sidecar's memory under a whole mesh in permissive mode, and how long it takes it in. Needs root and ENVOY_BIN. */
export async function* envoyRows(sizes: readonly number[]): AsyncIterable<Row> {
  for (const services of sizes) yield* loaded(services);
}

async function* loaded(services: number): AsyncIterable<Row> {
  const of = `${services} services, permissive`;
  // One app is always there: it is the one whose sidecar is looked at.
  const state = stateOf(shopFacts({ services: Math.max(services, 1), mode: "permissive" }));
  const mesh = compileMesh(state, settings);
  const more = compileMesh(workloadFacts(services + 1).reduce((folded, fact) => fold(folded, { fact }, folded.revision + 1), state), settings, mesh);
  await using envoy = await startEnvoy();
  if (services > 0) yield { bench: "envoy", of, what: "loaded, last ACK", values: { ms: await loadMs(envoy, mesh) } };
  const memory = await memoryMb(envoy.pid);
  yield { bench: "envoy", of, what: "memory (RSS)", values: { MB: memory.resident } };
  yield { bench: "envoy", of, what: "of it its own (RssAnon)", values: { MB: memory.own } };
  if (services > 0) yield { bench: "envoy", of, what: "one service more, last ACK", values: { ms: await loadMs(envoy, more) } };
}

async function loadMs(envoy: OneEnvoy, mesh: CompiledMesh): Promise<number> {
  const view = mesh.views.find(({ identity }) => identity.serviceAccount === "app-0");
  if (!view) throw new Error("no view was compiled");
  const secrets = await sameSecrets;
  const start = performance.now();
  const words = await envoy.load(mesh, view, secrets);
  if (words.length > 0) throw new Error(`Envoy refused: ${words.join("; ")}`);
  return performance.now() - start;
}

/** One set for all loads: what changes is the service alone. */
const sameSecrets = secretsForTest();

async function memoryMb(pid: number): Promise<{ readonly resident: number; readonly own: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return { resident: megabytes(status, "VmRSS"), own: megabytes(status, "RssAnon") };
}

function megabytes(status: string, field: string): number {
  const kb = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kb === undefined) throw new Error("Envoy is gone");
  return (Number(kb) * 1024) / 1e6;
}
