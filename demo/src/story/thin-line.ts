import { basename, join } from "node:path";
import { createCsr, generateKeyPair, privateKeyPem } from "@osm/pki";
import type { EndpointSliceFact } from "@osm/model";
import type { Pod } from "@osm/sandbox";
import { decodeJson, encodeJson, signReply, subjectsOf, trustPayload } from "@osm/wire";
import { factWhere, settled } from "../convergence.ts";
import { lineOf, remarksIn, type Remark } from "../remarks.ts";
import { z } from "zod";
import { call, startLoad, type Report } from "./load.ts";
import { countersOf, peersOf } from "./proof.ts";
import { applyServices, appsDir, home, mesh, nodeBin, type Stage } from "./stage.ts";
import type { Teller } from "./tell.ts";

const url = "http://web.shop/buy";
const policy = (name: string) => join(home, "policies", `${name}.yaml`);

/** What it begins with. */
export const thinLineManifests = [join(home, "manifests")];

/** From nobody may talk to everybody, and back; with what the Envoys themselves counted at the end. */
export async function tellThinLine(stage: Stage, tell: Teller): Promise<void> {
  await applyServices(stage, join(home, "manifests/shop.yaml"));
  const cast = await raiseCurtain(stage, tell);
  await nobodyMayTalk(cast, tell);
  await accessGranted(stage, cast, tell);
  await endpointComesAndGoes(stage, cast, tell);
  await grantLost(stage, cast, tell);
  await permissive(stage, cast, tell);
  await xdsRestarted(stage, cast, tell);
  await brokenPoliciesOpenNothing(stage, cast, tell);
  await proof(cast, tell);
}

/** Calls that a load makes before and after whatever happens under it. */
const lead = 60;

/** The pods of the story. */
interface Cast {
  readonly web: Pod;
  readonly buyer: Pod;
  readonly thief: Pod;
}

async function raiseCurtain(stage: Stage, tell: Teller): Promise<Cast> {
  const startedAt = Date.now();
  const [web, buyer, thief] = await Promise.all([stage.startPod(webPod("web-1")), stage.startPod(idlePod("buyer")), stage.startPod(idlePod("thief"))]);
  await endpointKnown(stage, web, { ready: true, proxies: 3 });
  tell.step(`three pods with real Envoys are up: web-1, buyer, thief  [${Date.now() - startedAt} ms]`);
  return { web, buyer, thief };
}

async function nobodyMayTalk({ buyer, thief }: Cast, tell: Teller): Promise<void> {
  for (const pod of [buyer, thief]) {
    const answer = await call(pod, url);
    tell.expect(isRefusedAtHome(answer), `${pod.name} without a policy was answered ${answer}`);
  }
  tell.step("no policy: buyer and thief are refused by their own sidecars");
}

async function accessGranted(stage: Stage, { web, buyer, thief }: Cast, tell: Teller): Promise<void> {
  const { tookMs } = await stage.apply(policy("buyer-may-buy"));
  const answers = {
    granted: await call(buyer, url),
    otherRoute: await call(buyer, "http://web.shop/steal"),
    otherMethod: await call(buyer, url, "POST"),
    thief: await call(thief, url),
  };
  tell.expect(answers.granted === "200", `the granted route was answered ${answers.granted}`);
  tell.expect(answers.otherRoute === "403" && answers.otherMethod === "403", `beyond the grant: ${JSON.stringify(answers)}`);
  tell.step("TrafficTarget applied: buyer GET /buy 200, GET /steal 403, POST /buy 403", tookMs);
  await refusedTwice(stage, { web, thief }, { tell, atHome: answers.thief });
}

interface Refusal {
  readonly tell: Teller;
  readonly atHome: string;
}

/** Once by its own sidecar, and once where its certificate is taken straight to the server's. */
async function refusedTwice(stage: Stage, { web, thief }: Pick<Cast, "web" | "thief">, { tell, atHome }: Refusal): Promise<void> {
  const straight = await directly(stage, { from: thief, to: web, account: "thief" });
  const buyer = await directly(stage, { from: thief, to: web, account: "buyer" });
  tell.expect(isRefusedAtHome(atHome), `thief's own sidecar answered ${atHome}`);
  tell.expect(straight.includes("403"), `thief's certificate at 15003 was answered ${straight}`);
  tell.expect(buyer.includes("200"), `buyer's certificate at 15003 was answered ${buyer}`);
  tell.step(`thief is refused twice: by its own sidecar (${atHome}), and with its certificate straight at 15003 (${straight}; buyer's there: ${buyer})`);
}

async function endpointComesAndGoes(stage: Stage, { buyer }: Cast, tell: Teller): Promise<void> {
  const load = await startLoad(buyer, { url });
  await load.more(lead);
  const second = await stage.startPod(webPod("web-2"));
  const added = await endpointKnown(stage, second, { ready: true, proxies: 4 });
  await load.more(2 * lead);
  const share = await served(second);
  let removed = 0;
  const beforeKill = async () => {
    removed = await endpointKnown(stage, second, { ready: false, proxies: 4 });
  };
  await second.stop({ graceful: true, beforeKill });
  await load.more(lead);
  const report = await load.stop();
  expectAllAnswered(tell, report);
  tell.expect(share > 0, "the added endpoint was sent no request");
  tell.step(`endpoint web-2 added [file to last ACK: ${added} ms] and removed under load: ${sentence(report)}, ${share} of them at web-2`, removed);
}

async function grantLost(stage: Stage, { buyer }: Cast, tell: Teller): Promise<void> {
  const load = await startLoad(buyer, { url, connections: 1, rate: 500 });
  await load.turn("200");
  const startedAt = Date.now();
  const { tookMs } = await stage.withdraw(policy("buyer-may-buy"));
  const first = await load.turn("403");
  await load.stop();
  const lost = first.at - startedAt;
  tell.expect(lost < 1000, `the first refusal came after ${lost} ms`);
  tell.step(`grant withdrawn from one keep-alive connection: first refusal after ${lost} ms`, tookMs);
}

async function permissive(stage: Stage, { thief, buyer }: Cast, tell: Teller): Promise<void> {
  const on = await stage.apply(policy("permissive"));
  const answers = [await call(buyer, url), await call(thief, "http://web.shop/steal")];
  tell.expect(answers.every((answer) => answer === "200"), `permissive: ${answers.join()}`);
  tell.step("permissive: everybody in the mesh may talk, still over mTLS", on.tookMs);
  const off = await stage.withdraw(policy("permissive"));
  const again = await call(thief, url);
  tell.expect(isRefusedAtHome(again), `after permissive thief was answered ${again}`);
  tell.step("permissive withdrawn: thief is refused again", off.tookMs);
}

async function xdsRestarted(stage: Stage, { buyer }: Cast, tell: Teller): Promise<void> {
  const { bus, stopXds, startXds, xdsMetrics } = stage.mesh;
  await stage.apply(policy("buyer-may-buy"));
  const load = await startLoad(buyer, { url });
  await load.more(lead);
  await stopXds();
  await stage.drop(policy("buyer-may-restock"));
  const revision = await factWhere(bus, mesh, (fact) => fact.kind === "TrafficTarget" && fact.name === "buyer-may-restock");
  await load.more(lead);
  await startXds();
  await settled(bus, mesh, { revision, proxies: 3 });
  const sent = sentResources(xdsMetrics());
  await load.more(lead);
  const answer = await call(buyer, "http://web.shop/restock", "POST");
  const report = await load.stop();
  expectAllAnswered(tell, report);
  tell.expect(sent === "RDS 1", `a restarted xDS server sent ${sent}, and not the one change alone`);
  tell.expect(answer === "200", `the change made meanwhile: buyer was answered ${answer}`);
  tell.step(`xDS restarted under load: ${sentence(report)}; sent to three proxies since: ${sent}, the one change made while it was down`);
}

/** A broken policy, and the code of what is remarked on it. */
const broken = [
  ["unknown-kind", "TARGET_UNSUPPORTED_KIND"],
  ["missing-group", "ROUTE_GROUP_MISSING"],
  ["bad-regex", "ROUTE_REGEX_INVALID"],
  ["weights-of-zero", "SPLIT_WEIGHTS_ZERO"],
] as const;

async function brokenPoliciesOpenNothing(stage: Stage, { buyer, thief }: Cast, tell: Teller): Promise<void> {
  const sentBefore = sentResources(stage.mesh.xdsMetrics());
  for (const [name, code] of broken) {
    await stage.drop(policy(`broken/${name}`));
    const remark = await remarkOf(stage, code);
    const answers = [await call(buyer, url), await call(thief, url)];
    tell.expect(remark.file.endsWith(`${name}.yaml`), `${code} was remarked on ${remark.file}`);
    tell.expect(answers[0] === "200" && isRefusedAtHome(answers[1] ?? ""), `with ${name} in place buyer and thief were answered ${answers.join()}`);
    tell.line(lineOf({ ...remark, file: basename(remark.file) }));
  }
  const sentAfter = sentResources(stage.mesh.xdsMetrics());
  tell.expect(sentAfter === sentBefore, `broken policies changed what proxies have: ${sentBefore}, then ${sentAfter}`);
  tell.step("four broken policies: each is named with its file, object, field and remedy; nothing opens, nothing is sent");
}

async function remarkOf({ mesh: { bus }, policies }: Stage, code: string): Promise<Remark> {
  const signal = AbortSignal.timeout(20_000);
  for await (const remarks of remarksIn(bus, mesh, { folders: [policies], signal })) {
    const found = remarks.find(({ finding }) => finding.code === code);
    if (found) return found;
  }
  throw new Error(`nothing was remarked with ${code}`);
}

/** What an xDS server has sent since it started: `<type> <resources>`, as its own metrics say. */
function sentResources(metrics: string): string {
  const lines = [...metrics.matchAll(/^mesh_resources_sent_total\{type="(\w+)"\} (\d+)$/gm)];
  return lines.map(([, type, count]) => `${type} ${count}`).join(", ") || "nothing";
}

async function proof({ web, buyer, thief }: Cast, tell: Teller): Promise<void> {
  for (const pod of [web, buyer, thief]) {
    const { handshakes, rejected, accepted } = await countersOf(pod);
    tell.expect(rejected === 0, `${pod.name} rejected ${rejected} updates`);
    tell.line(`${pod.name}: TLS handshakes ${handshakes}, updates taken ${accepted}, update_rejected ${rejected}`);
  }
  for (const [peer, count] of await peersOf(web)) tell.line(`web-1 answered ${peer}: ${count} times`);
  tell.step("the Envoys' own counters say the same");
}

function webPod(name: string) {
  return {
    namespace: "shop", name, serviceAccount: "web", labels: { app: "web" }, ports: [{ name: "http", containerPort: 8080 }],
    command: { argv: [nodeBin, join(appsDir, "greeter.mjs")], env: { NAME: name, PORT: "8080" } },
  };
}

function idlePod(name: string) {
  return { namespace: "shop", name, serviceAccount: name, labels: { app: name }, ports: [], command: { argv: ["sleep", "infinity"], env: {} } };
}

/** A sidecar that has no listener for an address ends the connection: no status, no body. */
export function isRefusedAtHome(answer: string): boolean {
  return answer === "ECONNRESET" || answer === "ECONNREFUSED";
}

export function expectAllAnswered(tell: Teller, report: Report): void {
  tell.expect(report.sent > 0 && report.answers["200"] === report.sent, `not every request was answered 200: ${JSON.stringify(report)}`);
}

export function sentence({ sent, answers }: Report): string {
  return `${sent} requests at 60/s over 10 connections, half of them kept open, ${sent - (answers["200"] ?? 0)} failed`;
}

/** How many requests a pod's app was handed by its sidecar. */
async function served(pod: Pod): Promise<number> {
  const found = /upstream_rq_200: (\d+)/.exec(await pod.admin("/stats?filter=local.8080.upstream_rq_200"));
  return Number(found?.[1] ?? 0);
}

/** Waits until every proxy has ACKed that a pod serves, or that it does not any more. @returns how long that took, in ms. */
async function endpointKnown({ mesh: { bus } }: Stage, pod: Pod, { ready, proxies }: { readonly ready: boolean; readonly proxies: number }): Promise<number> {
  // The sandbox has written the slice before it says that the pod is ready, or is about to be stopped.
  const writtenAt = Date.now();
  const has = (slice: EndpointSliceFact) => slice.endpoints.some((each) => each.address === pod.ip && each.ready);
  const revision = await factWhere(bus, mesh, (fact) => fact.kind === "EndpointSlice" && has(fact) === ready);
  const { settledAt } = await settled(bus, mesh, { revision, proxies });
  return Math.max(0, settledAt - writtenAt);
}

/** A client's own certificate in the hands of somebody without a sidecar, straight to the server's. */
async function directly({ mesh: { bus } }: Stage, { from, to, account }: { readonly from: Pod; readonly to: Pod; readonly account: string }): Promise<string> {
  const subjects = subjectsOf(mesh);
  const pair = await generateKeyPair();
  const csr = Buffer.from(createCsr(pair)).toString("base64");
  const identity = { namespace: "shop", serviceAccount: account };
  const { chain } = decodeJson(signReply, await bus.request(subjects.callCaSign, encodeJson({ identity, csr }), { timeoutMs: 5000 }));
  const trust = await bus.last(subjects.trust);
  if (!trust?.bytes) throw new Error("the mesh has no roots");
  const input = {
    host: to.ip, port: 8080, alpn: "osm", serverName: "web.shop.svc.cluster.local", path: "/buy",
    certificate: chain, key: privateKeyPem(pair.privateKey).open(), roots: decodeJson(trustPayload, trust.bytes).roots,
  };
  // User 1500 is the sidecar's: the rules leave what it sends alone, as an attacker with a raw socket would be.
  const child = from.spawn([nodeBin, join(appsDir, "direct.mjs")], { user: 1500 });
  child.stdin.end(JSON.stringify(input));
  let said = "";
  for await (const chunk of child.stdout) said += String(chunk);
  return z.object({ answer: z.string() }).parse(JSON.parse(said)).answer;
}
