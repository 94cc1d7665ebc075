import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { callersSettled, converge } from "@osm/cli/dev";
import { allComplete, runFolder, type FolderRun, type Images, type Pod } from "@osm/sandbox";
import { z } from "zod";
import { bookstoreImages } from "../bookstore/bookstore-images.ts";
import { readCounters, resetCounters, sumByIdentity, type AppCounters } from "../bookstore/counters.ts";
import { findPostgres, postgresIn } from "../bookstore/postgres-server.ts";
import { directly } from "./directly.ts";
import { call, startLoad, type Report } from "./load.ts";
import { appsDir, home, mesh, nodeBin, type Stage } from "./stage.ts";
import type { Teller } from "./tell.ts";
import { isRefusedAtHome } from "./thin-line.ts";
import { createTraffic, trafficWords, type Traffic } from "./traffic.ts";

const examples = join(home, "../docs/example/manifests");
const example = (path: string) => join(examples, path);
const permissive = join(home, "policies/permissive.yaml");
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
    images: afterSidecars(bookstoreImages(postgres.kind === "found" ? { ...programs, postgres: postgresIn(postgres.bin, join(stage.dir, "database")) } : programs)),
    settled: (pod) => callersSettled({ bus: stage.mesh.bus, mesh }, pod),
  });
  await run.until(allComplete);
  tell.step(`the apps are up, each with a sidecar: ${[...run.deployments().keys()].join(", ")}  [${Date.now() - startedAt} ms]`);
  return { run, database: postgres.kind === "found" };
}

/** Those that a service leads to, and that come up while others call. */
const called = /\/(bookstore|bookwarehouse|tcp-echo)\.mjs$/;

function afterSidecars(images: Images): Images {
  return (image, container) => {
    const command = images(image, container);
    const [node = "", app = ""] = command?.argv ?? [];
    return command && called.test(app) ? { ...command, argv: [node, join(appsDir, "after-sidecar.mjs"), app] } : command;
  };
}

interface Scene {
  readonly stage: Stage;
  readonly store: Bookstore;
  readonly tell: Teller;
  readonly traffic: Traffic;
}

/** Access, splits, TCP and what must stay out, as the guides tell it. */
export async function tellBookstore(stage: Stage, store: Bookstore, tell: Teller): Promise<void> {
  const traffic = createTraffic(tell);
  const scene: Scene = { stage, store, tell, traffic };
  await nobodyBuys(store, tell);
  await permissiveBuys(scene);
  await accessOpens(scene);
  await echoSpeaksFirst(scene);
  await headerDecides(scene);
  await thiefComesAndGoes(scene);
  await splitsShift(scene);
  await outsideStaysOut(scene);
  await leafRotates(scene);
  await xdsRestarts(scene);
  await traffic.end();
}

async function nobodyBuys({ run }: Bookstore, tell: Teller): Promise<void> {
  const [buyer, thief] = [await call(podOf(run, "bookbuyer/bookbuyer"), buyUrl), await call(podOf(run, "bookthief/bookthief"), buyUrl)];
  tell.expect(isRefusedAtHome(buyer) && isRefusedAtHome(thief), `without a policy bookbuyer was answered ${buyer}, bookthief ${thief}`);
  tell.step("nobody may talk: bookbuyer and bookthief are refused");
}

async function permissiveBuys({ stage, store: { run }, tell, traffic }: Scene): Promise<void> {
  const { tookMs } = await stage.apply(permissive);
  const answers = [await call(podOf(run, "bookbuyer/bookbuyer"), buyUrl), await call(podOf(run, "bookthief/bookthief"), buyUrl)];
  tell.expect(answers.every((answer) => answer === "200"), `permissive: ${answers.join()}`);
  tell.step(`permissive: bookbuyer ${answers[0]}, bookthief ${answers[1]}, over mTLS`, tookMs);
  const [buyer, seller] = [podOf(run, "bookbuyer/bookbuyer"), podOf(run, "bookstore/bookstore-v1")];
  tell.line(`from here on: ${trafficWords}`);
  await traffic.call({ name: "bookbuyer→bookstore", from: buyer, url: buyUrl, headers: asBuyer });
  await traffic.call({ name: "bookstore→bookwarehouse", from: seller, url: "http://bookwarehouse.bookwarehouse:14001/restock-books", method: "POST", body: "1" });
}

async function accessOpens({ stage, store: { run, database }, tell, traffic }: Scene): Promise<void> {
  const files = ["bookstore", "bookwarehouse", ...(database ? ["database"] : [])];
  const granted = await traffic.during(async () => {
    for (const file of files) await stage.apply(example(`access/${file}.yaml`));
  });
  tell.step(`access applied while everybody may talk: ${granted}`);
  let tookMs = 0;
  const closed = await traffic.during(async () => void ({ tookMs } = await stage.withdraw(permissive)));
  tell.step(`permissive withdrawn, access stays: ${closed}`, tookMs);
  for (const pod of podsOf(run)) await resetCounters(pod);
  await counted(run, "bookbuyer", ({ counters }) => (counters["booksBought"] ?? 0) >= 5);
  await counted(run, "bookwarehouse", ({ counters }) => (counters["restocked"] ?? 0) >= 5);
  const said = await traffic.during(() => thiefStaysOut(stage, run, tell));
  tell.step(`bookbuyer buys, bookstore restocks: ${said}`);
  if (database) await databaseStores(run, tell);
}

async function thiefStaysOut(stage: Stage, run: FolderRun, tell: Teller): Promise<void> {
  const [thief, server] = [podOf(run, "bookthief/bookthief"), podOf(run, "bookstore/bookstore-v1")];
  const { counters } = await counted(run, "bookthief", (all) => (all.counters["refused"] ?? 0) >= 5);
  const identity = { namespace: "bookthief", serviceAccount: "bookthief" };
  const atHome = await call(thief, buyUrl);
  const straight = await directly(stage, { from: thief, to: server, port: 14_001, server: "bookstore.bookstore", path: "/buy-a-book/new", identity });
  tell.expect((counters["booksStolen"] ?? 0) === 0, `bookthief stole ${counters["booksStolen"]} books`);
  tell.expect(isRefusedAtHome(atHome) && straight.includes("403"), `bookthief was answered ${atHome}, and straight at 15003 ${straight}`);
  tell.step(`bookthief is refused by its sidecar (${atHome}) and with its certificate straight at 15003 (${straight}); books stolen: ${counters["booksStolen"]}`);
}

async function databaseStores(run: FolderRun, tell: Teller): Promise<void> {
  const { counters } = await counted(run, "bookwarehouse", (all) => (all.counters["stored"] ?? 0) >= 5);
  tell.step(`TCP to the database: the warehouse stored ${counters["stored"]} books in PostgreSQL`);
}

async function headerDecides({ store: { run }, tell, traffic }: Scene): Promise<void> {
  const buyer = podOf(run, "bookbuyer/bookbuyer");
  const url = "http://bookstore.bookstore:14001/books-bought";
  const said = await traffic.during(async () => {
    const [withHeaders, without] = [await answerTo(buyer, { url, headers: asBuyer }), await answerTo(buyer, { url, headers: { ...asBuyer, "client-app": "somebody" } })];
    tell.expect(withHeaders === "200" && without === "403", `headers as asked: ${withHeaders}, otherwise: ${without}`);
  });
  tell.step(`a match with headers: 200 with them, 403 without; ${said}`);
}

async function thiefComesAndGoes({ stage, store: { run }, tell, traffic }: Scene): Promise<void> {
  const thief = podOf(run, "bookthief/bookthief");
  let [allowed, removed, inside, outside] = [0, 0, "", ""];
  const came = await traffic.during(async () => {
    ({ tookMs: allowed } = await stage.apply(example("access-bookthief/bookthief.yaml")));
    inside = await call(thief, buyUrl);
  });
  tell.expect(inside === "200", `bookthief, allowed, was answered ${inside}`);
  tell.step(`bookthief allowed: ${inside}; ${came}`, allowed);
  const went = await traffic.during(async () => {
    ({ tookMs: removed } = await stage.withdraw(example("access-bookthief/bookthief.yaml")));
    outside = await call(thief, buyUrl);
  });
  tell.expect(isRefusedAtHome(outside), `bookthief, removed, was answered ${outside}`);
  tell.step(`bookthief removed again: ${outside}; ${went}`, removed);
}

/** Requests a split is judged by. */
const sample = 2000;

async function splitsShift({ stage, store: { run }, tell, traffic }: Scene): Promise<void> {
  const came = await traffic.during(async () => {
    await cp(example("bookstore-v2"), join(stage.manifests, "bookstore-v2"), { recursive: true });
    await run.until((all) => all.get("bookstore/bookstore-v2")?.complete === true);
  });
  tell.step(`bookstore-v2 comes up: ${came}`);
  const buyer = podOf(run, "bookbuyer/bookbuyer");
  for (const [file, toV1] of [["traffic-split-v1", 100], ["traffic-split-50-50", 50], ["traffic-split-10-90", 10]] as const) {
    let tookMs = 0;
    const said = await traffic.during(async () => void ({ tookMs } = await placeSplit(stage, file)));
    const load = await startLoad(buyer, { url: buyUrl, rate: 700, connections: 20, count: sample, headers: asBuyer, byHeader: "identity" });
    const report = await load.done();
    tell.expect(isAsWeighted(report, toV1 / 100), `split ${toV1}/${100 - toV1}: ${JSON.stringify(report)}`);
    tell.step(`split ${toV1}/${100 - toV1}: ${shareOf(report, "bookstore-v1")} of ${report.sent} requests to v1, ${shareOf(report, "bookstore-v2")} to v2, 0 failed; while it changed ${said}`, tookMs);
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

async function echoSpeaksFirst({ stage, store: { run }, tell, traffic }: Scene): Promise<void> {
  await cp(example("echo"), join(stage.manifests, "echo"), { recursive: true });
  await run.until((all) => all.get("tcp-demo/tcp-client")?.complete === true);
  const before = await counted(run, "tcp-client", ({ counters }) => (counters["refused"] ?? 0) > 0);
  tell.expect((before.counters["echoes"] ?? 0) === 0, "tcp-client was answered without a grant");
  let tookMs = 0;
  const said = await traffic.during(async () => {
    ({ tookMs } = await stage.apply(example("access-echo/tcp-echo.yaml")));
    await counted(run, "tcp-client", ({ counters }) => (counters["echoes"] ?? 0) >= 3);
    await traffic.hold(podOf(run, "tcp-demo/tcp-client"), { host: "tcp-echo.tcp-demo", port: 9000, greeted: true });
  });
  tell.step(`a server that speaks first, over TCP: refused without a TCPRoute, echoes with one; ${said}`, tookMs);
}

/** A life passes in between, under traffic all the while. */
async function leafRotates({ stage, store: { run }, tell, traffic }: Scene): Promise<void> {
  const server = podOf(run, "bookstore/bookstore-v2");
  const [first, startedAt] = [await leafSerial(server), Date.now()];
  const said = await traffic.during(async () => {
    while ((await leafSerial(server)) === first) {
      await traffic.pass();
      tell.expect(Date.now() - startedAt < 60_000, "the leaf of bookstore-v2 was not renewed within a minute");
    }
  });
  tell.step(`a leaf of ${stage.certificateLifeSec} s of life rotated: ${said}`);
}

/** Serial number of the certificate that a sidecar presents now. */
async function leafSerial(pod: Pod): Promise<string> {
  const { certificates } = leaves.parse(JSON.parse(await pod.admin("/certs")));
  return certificates.flatMap(({ cert_chain: chain }) => chain.map((each) => each.serial_number)).join();
}

const leaves = z.object({ certificates: z.array(z.object({ cert_chain: z.array(z.object({ serial_number: z.string() })) })) });

async function xdsRestarts({ stage, tell, traffic }: Scene): Promise<void> {
  const said = await traffic.during(async () => {
    await stage.mesh.stopXds();
    await traffic.pass();
    await stage.mesh.startXds();
  });
  tell.step(`xDS restarted: ${said}`);
}

async function outsideStaysOut({ stage, store: { run }, tell, traffic }: Scene): Promise<void> {
  const server = podOf(run, "bookstore/bookstore-v1");
  const said = await traffic.during(async () => {
    const stranger = await stage.sandbox.startPod({
      namespace: "elsewhere", name: "stranger", serviceAccount: "default", labels: {}, ports: [], command: { argv: ["sleep", "infinity"], env: {} }, sidecar: false,
    });
    const answer = await call(stranger, `http://${server.ip}:14001/buy-a-book/new`);
    tell.expect(answer === "ECONNRESET", `plaintext from outside was answered ${answer}`);
    await stranger.stop({ graceful: false });
  });
  tell.step(`plaintext from a pod outside the mesh: refused; ${said}`);
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

