import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allComplete, runFolder, type FolderRun, type Pod } from "@osm/sandbox";
import { z } from "zod";
import { bookstoreImages } from "../bookstore/bookstore-images.ts";
import { callersSettled } from "../bookstore/callers-settled.ts";
import { readCounters, resetCounters, sumByIdentity, type AppCounters } from "../bookstore/counters.ts";
import { findPostgres, postgresIn } from "../bookstore/postgres-server.ts";
import { converge } from "../convergence.ts";
import { call, startLoad, type Report } from "./load.ts";
import { appsDir, home, mesh, nodeBin, type Stage } from "./stage.ts";
import type { Teller } from "./tell.ts";
import { expectAllAnswered, isRefusedAtHome, sentence } from "./thin-line.ts";

const examples = join(home, "../docs/example/manifests");
const example = (path: string) => join(examples, path);
const buyUrl = "http://bookstore.bookstore:14001/buy-a-book/new";
const asBuyer = { "client-app": "bookbuyer", "user-agent": "bookstore-http-client/2.0" };

/** The bookstore while it runs. */
export interface Bookstore {
  readonly run: FolderRun;
  /** Whether its database could be started. */
  readonly database: boolean;
}

/** Brings up the apps of docs/example/manifests/apps, in order of a guide: deployments first, access later. */
export async function openBookstore(stage: Stage, tell: Teller): Promise<Bookstore> {
  const startedAt = Date.now();
  const postgres = findPostgres({ env: process.env });
  if (postgres.kind === "missing") tell.line(postgres.words);
  await cp(example("apps"), join(stage.manifests, "apps"), { recursive: true, filter: (path) => postgres.kind === "found" || !path.endsWith("database.yaml") });
  const programs = { node: nodeBin, apps: appsDir, env: { CI_SLEEP_BETWEEN_REQUESTS_SECONDS: "0.1" } };
  const run = await runFolder({
    sandbox: stage.sandbox, folders: [stage.manifests], mesh: { name: mesh, namespace: "osm-system" }, signal: stage.signal, log: stage.log("folder"),
    images: bookstoreImages(postgres.kind === "found" ? { ...programs, postgres: postgresIn(postgres.bin, join(stage.dir, "database")) } : programs),
    settled: (pod) => callersSettled({ bus: stage.mesh.bus, mesh }, pod),
  });
  await run.until(allComplete);
  tell.step(`the apps are up, each with a sidecar: ${[...run.deployments().keys()].join(", ")}  [${Date.now() - startedAt} ms]`);
  return { run, database: postgres.kind === "found" };
}

/** Access, splits, TCP and what must stay out, as the guides tell it. */
export async function tellBookstore(stage: Stage, store: Bookstore, tell: Teller): Promise<void> {
  await nobodyBuys(store, tell);
  await permissiveBuys(stage, store, tell);
  await accessOpens(stage, store, tell);
  await headerDecides(store, tell);
  await thiefComesAndGoes(stage, store, tell);
  await splitsShift(stage, store, tell);
  await echoSpeaksFirst(stage, store, tell);
  await outsideStaysOut(stage, store, tell);
  await leafRotates(stage, store, tell);
  await xdsRestarts(stage, store, tell);
}

async function nobodyBuys({ run }: Bookstore, tell: Teller): Promise<void> {
  const [buyer, thief] = [await call(podOf(run, "bookbuyer/bookbuyer"), buyUrl), await call(podOf(run, "bookthief/bookthief"), buyUrl)];
  tell.expect(isRefusedAtHome(buyer) && isRefusedAtHome(thief), `without a policy bookbuyer was answered ${buyer}, bookthief ${thief}`);
  tell.step("nobody may talk: bookbuyer and bookthief are refused");
}

async function permissiveBuys(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  const { tookMs } = await stage.apply(join(home, "policies/permissive.yaml"));
  const answers = [await call(podOf(run, "bookbuyer/bookbuyer"), buyUrl), await call(podOf(run, "bookthief/bookthief"), buyUrl)];
  tell.expect(answers.every((answer) => answer === "200"), `permissive: ${answers.join()}`);
  tell.step("permissive: both buy, over mTLS", tookMs);
  await stage.withdraw(join(home, "policies/permissive.yaml"));
}

async function accessOpens(stage: Stage, { run, database }: Bookstore, tell: Teller): Promise<void> {
  const files = ["bookstore", "bookwarehouse", ...(database ? ["database"] : [])];
  let tookMs = 0;
  for (const file of files) ({ tookMs } = await stage.apply(example(`access/${file}.yaml`)));
  for (const pod of podsOf(run)) await resetCounters(pod);
  await counted(run, "bookbuyer", ({ counters }) => (counters["booksBought"] ?? 0) >= 5);
  await counted(run, "bookwarehouse", ({ counters }) => (counters["restocked"] ?? 0) >= 5 && (!database || (counters["stored"] ?? 0) >= 5));
  const thief = await counted(run, "bookthief", ({ counters }) => (counters["refused"] ?? 0) >= 5);
  tell.expect((thief.counters["booksStolen"] ?? 0) === 0, `bookthief stole ${thief.counters["booksStolen"]} books`);
  tell.step(`access applied: bookbuyer buys, bookstore restocks, bookthief stays out${database ? ", the warehouse stores in PostgreSQL over TCP" : ""}`, tookMs);
}

async function headerDecides({ run }: Bookstore, tell: Teller): Promise<void> {
  const buyer = podOf(run, "bookbuyer/bookbuyer");
  const url = "http://bookstore.bookstore:14001/books-bought";
  const [withHeaders, without] = [await answerTo(buyer, { url, headers: asBuyer }), await answerTo(buyer, { url, headers: { ...asBuyer, "client-app": "somebody" } })];
  tell.expect(withHeaders === "200" && without === "403", `headers as asked: ${withHeaders}, otherwise: ${without}`);
  tell.step("a match with headers: 200 with them, 403 without");
}

async function thiefComesAndGoes(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  const thief = podOf(run, "bookthief/bookthief");
  const allowed = await stage.apply(example("access-bookthief/bookthief.yaml"));
  const inside = await call(thief, buyUrl);
  const removed = await stage.withdraw(example("access-bookthief/bookthief.yaml"));
  const outside = await call(thief, buyUrl);
  tell.expect(inside === "200" && isRefusedAtHome(outside), `bookthief allowed: ${inside}, removed: ${outside}`);
  tell.step(`bookthief allowed, then removed again [file to last ACK: ${removed.tookMs} ms]`, allowed.tookMs);
}

/** Requests a split is judged by. */
const sample = 2000;

async function splitsShift(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  await cp(example("bookstore-v2"), join(stage.manifests, "bookstore-v2"), { recursive: true });
  await run.until((all) => all.get("bookstore/bookstore-v2")?.complete === true);
  const buyer = podOf(run, "bookbuyer/bookbuyer");
  for (const [file, toV1] of [["traffic-split-v1", 100], ["traffic-split-50-50", 50], ["traffic-split-10-90", 10]] as const) {
    const { tookMs } = await placeSplit(stage, file);
    const load = await startLoad(buyer, { url: buyUrl, rate: 700, connections: 20, count: sample, headers: asBuyer, byHeader: "identity" });
    const report = await load.done();
    tell.expect(isAsWeighted(report, toV1 / 100), `split ${toV1}/${100 - toV1}: ${JSON.stringify(report)}`);
    tell.step(`split ${toV1}/${100 - toV1}: ${shareOf(report, "bookstore-v1")} of ${report.sent} requests to v1, ${shareOf(report, "bookstore-v2")} to v2, 0 failed`, tookMs);
  }
}

/** All three are one object, so one file takes the next one's place. */
async function placeSplit({ mesh: { bus }, policies }: Stage, file: string) {
  const text = await readFile(example(`split/${file}.yaml`), "utf8");
  return converge(bus, mesh, { text, change: () => cp(example(`split/${file}.yaml`), join(policies, "split.yaml")) });
}

/** Every request answered, and the share of version 1 within five standard deviations of what it should be. */
function isAsWeighted(report: Report, share: number): boolean {
  const [v1, v2] = [shareOf(report, "bookstore-v1"), shareOf(report, "bookstore-v2")];
  const deviation = Math.sqrt(report.sent * share * (1 - share));
  return v1 + v2 === report.sent && report.sent >= sample && Math.abs(v1 - report.sent * share) <= 5 * deviation;
}

function shareOf({ answers }: Report, version: string): number {
  return answers[`200 ${version}`] ?? 0;
}

async function echoSpeaksFirst(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  await cp(example("echo"), join(stage.manifests, "echo"), { recursive: true });
  await run.until((all) => all.get("tcp-demo/tcp-client")?.complete === true);
  const before = await counted(run, "tcp-client", ({ counters }) => (counters["refused"] ?? 0) > 0);
  tell.expect((before.counters["echoes"] ?? 0) === 0, "tcp-client was answered without a grant");
  const { tookMs } = await stage.apply(example("access-echo/tcp-echo.yaml"));
  await counted(run, "tcp-client", ({ counters }) => (counters["echoes"] ?? 0) >= 3);
  tell.step("a server that speaks first, over TCP: refused without a TCPRoute, echoes with one", tookMs);
}

async function leafRotates(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  const [buyer, server] = [podOf(run, "bookbuyer/bookbuyer"), podOf(run, "bookstore/bookstore-v2")];
  const load = await startLoad(buyer, { url: buyUrl, headers: asBuyer });
  const [first, startedAt] = [await leafSerial(server), Date.now()];
  while ((await leafSerial(server)) === first) {
    await load.more(30);
    tell.expect(Date.now() - startedAt < 60_000, "the leaf of bookstore-v2 was not renewed within a minute");
  }
  await load.more(120);
  const report = await load.stop();
  expectAllAnswered(tell, report);
  tell.step(`a leaf of ${stage.certificateLifeSec} s of life rotated: ${sentence(report)}`);
}

/** Serial number of the certificate that a sidecar presents now. */
async function leafSerial(pod: Pod): Promise<string> {
  const { certificates } = leaves.parse(JSON.parse(await pod.admin("/certs")));
  return certificates.flatMap(({ cert_chain: chain }) => chain.map((each) => each.serial_number)).join();
}

const leaves = z.object({ certificates: z.array(z.object({ cert_chain: z.array(z.object({ serial_number: z.string() })) })) });

async function xdsRestarts(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  const load = await startLoad(podOf(run, "bookbuyer/bookbuyer"), { url: buyUrl, headers: asBuyer });
  await load.more(60);
  await stage.mesh.stopXds();
  await load.more(60);
  await stage.mesh.startXds();
  await load.more(120);
  const report = await load.stop();
  expectAllAnswered(tell, report);
  tell.step(`xDS restarted: ${sentence(report)}`);
}

async function outsideStaysOut(stage: Stage, { run }: Bookstore, tell: Teller): Promise<void> {
  const server = podOf(run, "bookstore/bookstore-v1");
  const stranger = await stage.sandbox.startPod({
    namespace: "elsewhere", name: "stranger", serviceAccount: "default", labels: {}, ports: [], command: { argv: ["sleep", "infinity"], env: {} }, sidecar: false,
  });
  const answer = await call(stranger, `http://${server.ip}:14001/buy-a-book/new`);
  tell.expect(answer === "ECONNRESET", `plaintext from outside was answered ${answer}`);
  await stranger.stop({ graceful: false });
  tell.step("plaintext from a pod outside the mesh: refused");
}

/** Counters of all apps, replicas together; a pod that is going away meanwhile is left out. */
export async function bookstoreCounters({ run }: Bookstore): Promise<readonly AppCounters[]> {
  const read = await Promise.allSettled(podsOf(run).map(readCounters));
  return sumByIdentity(read.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
}

function podsOf(run: FolderRun): readonly Pod[] {
  return [...run.deployments()].filter(([name]) => !name.endsWith("/database")).flatMap(([, { pods }]) => pods);
}

function podOf(run: FolderRun, deployment: string): Pod {
  const [pod] = run.deployments().get(deployment)?.pods ?? [];
  if (!pod) throw new Error(`no pod of ${deployment} runs`);
  return pod;
}

async function answerTo(pod: Pod, { url, headers }: { readonly url: string; readonly headers: Readonly<Record<string, string>> }): Promise<string> {
  const load = await startLoad(pod, { url, headers, connections: 1, count: 1 });
  return Object.keys((await load.stop()).answers).join() || "nothing";
}

/** Waits until an app's counters are as wanted; the apps count on meanwhile. */
async function counted(run: FolderRun, app: string, isAsWanted: (counters: AppCounters) => boolean): Promise<AppCounters> {
  const patience = AbortSignal.timeout(20_000);
  for (;;) {
    const found = (await bookstoreCounters({ run, database: false })).find((each) => each.app === app);
    if (found && isAsWanted(found)) return found;
    if (patience.aborted) throw new Error(`${app} has not counted as it should: ${JSON.stringify(found)}`);
  }
}

