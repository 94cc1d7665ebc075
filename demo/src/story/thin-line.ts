import { basename, join } from "node:path";
import { factWhere, fileIn, lineOf, remarksIn, settled, type Remark } from "@osm/cli/dev";
import type { Pod } from "@osm/sandbox";
import { directly } from "./directly.ts";
import { call, startLoad } from "./load.ts";
import { countersOf, peersOf } from "./proof.ts";
import { echoPod, endpointKnown, idlePod, policy, standing, webPod, type Cast } from "./shop-pods.ts";
import { applyServices, home, mesh, type Stage } from "./stage.ts";
import { tcpGranted, tcpRevoked, tcpStays } from "./tcp-steps.ts";
import type { Teller } from "./tell.ts";
import { createTraffic, trafficWords, type Traffic } from "./traffic.ts";

const url = "http://web.shop/buy";

/** What it begins with. */
export const thinLineManifests = [join(home, "manifests")];

/** From nobody may talk to everybody, and back; with what the Envoys themselves counted at the end. */
export async function tellThinLine(stage: Stage, tell: Teller): Promise<void> {
  await applyServices(stage, join(home, "manifests/shop.yaml"));
  const cast = await raiseCurtain(stage, tell);
  await nobodyMayTalk(cast, tell);
  await accessGranted(stage, cast, tell);
  const traffic = createTraffic(tell);
  await traffic.call({ name: "buyer→web", from: cast.buyer, url });
  tell.line(`from here on: ${trafficWords}`);
  await tcpGranted({ stage, tell, traffic }, cast);
  await endpointComesAndGoes({ stage, tell, traffic });
  await tcpStays({ stage, tell, traffic });
  await tcpRevoked({ stage, tell, traffic }, cast);
  await permissive({ stage, tell, traffic }, cast);
  await traffic.end();
  await grantLost(stage, cast, tell);
  await xdsRestarted({ stage, tell, traffic }, cast);
  await brokenPoliciesOpenNothing({ stage, tell, traffic }, cast);
  await traffic.end();
  await proof(cast, tell);
}

interface Scene {
  readonly stage: Stage;
  readonly tell: Teller;
  readonly traffic: Traffic;
}

async function raiseCurtain(stage: Stage, tell: Teller): Promise<Cast> {
  const startedAt = Date.now();
  const [web, echo, buyer, thief] = await Promise.all([webPod("web-1"), echoPod("echo-1"), idlePod("buyer"), idlePod("thief")].map(stage.startPod));
  if (!web || !echo || !buyer || !thief) throw new Error("four pods were started");
  for (const each of [web, echo]) await endpointKnown(stage, each, { ready: true, proxies: standing });
  tell.step(`four pods with real Envoys are up: web-1, echo-1, buyer, thief  [${Date.now() - startedAt} ms]`);
  return { web, echo, buyer, thief };
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
  const as = (serviceAccount: string) =>
    directly(stage, { from: thief, to: web, port: 8080, server: "web.shop", path: "/buy", identity: { namespace: "shop", serviceAccount } });
  const [straight, buyer] = [await as("thief"), await as("buyer")];
  tell.expect(isRefusedAtHome(atHome), `thief's own sidecar answered ${atHome}`);
  tell.expect(straight.includes("403"), `thief's certificate at 15003 was answered ${straight}`);
  tell.expect(buyer.includes("200"), `buyer's certificate at 15003 was answered ${buyer}`);
  tell.step(`thief is refused twice: by its own sidecar (${atHome}), and with its certificate straight at 15003 (${straight}; buyer's there: ${buyer})`);
}

async function endpointComesAndGoes({ stage, tell, traffic }: Scene): Promise<void> {
  let [added, removed, share] = [0, 0, 0];
  let second: Pod | undefined;
  const came = await traffic.during(async () => {
    second = await stage.startPod(webPod("web-2"));
    added = await endpointKnown(stage, second, { ready: true, proxies: standing + 1 });
  });
  const beforeKill = async () => {
    if (!second) return;
    share = await served(second);
    removed = await endpointKnown(stage, second, { ready: false, proxies: standing + 1 });
  };
  const went = await traffic.during(async () => second?.stop({ graceful: true, beforeKill }));
  tell.step(`endpoint web-2 added under load: ${came}`, added);
  tell.expect(share > 0, "the added endpoint was sent no request");
  tell.step(`endpoint web-2 removed under load, having answered ${share} of them: ${went}`, removed);
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

async function permissive({ stage, tell, traffic }: Scene, { thief, buyer }: Cast): Promise<void> {
  let tookMs = 0;
  const opened = await traffic.during(async () => void ({ tookMs } = await stage.apply(policy("permissive"))));
  const answers = [await call(buyer, url), await call(thief, "http://web.shop/steal")];
  tell.expect(answers.every((answer) => answer === "200"), `permissive: ${answers.join()}`);
  tell.step(`permissive: everybody in the mesh may talk, still over mTLS; ${opened}`, tookMs);
  const closed = await traffic.during(async () => void ({ tookMs } = await stage.withdraw(policy("permissive"))));
  const again = await call(thief, url);
  tell.expect(isRefusedAtHome(again), `after permissive thief was answered ${again}`);
  tell.step(`permissive withdrawn: thief is refused again, the grant stays; ${closed}`, tookMs);
}

async function xdsRestarted({ stage, tell, traffic }: Scene, { buyer, echo }: Cast): Promise<void> {
  const { bus, stopXds, startXds, xdsMetrics } = stage.mesh;
  for (const name of ["buyer-may-buy", "buyer-may-echo"]) await stage.apply(policy(name));
  await traffic.call({ name: "buyer→web", from: buyer, url });
  await traffic.hold(buyer, { host: echo.ip, port: 9000, greeted: true });
  let sent = "";
  const said = await traffic.during(async () => {
    await stopXds();
    await stage.drop(policy("buyer-may-restock"));
    const revision = await factWhere(bus, mesh, (fact) => fact.kind === "TrafficTarget" && fact.name === "buyer-may-restock");
    await startXds();
    await settled(bus, mesh, { revision, proxies: standing });
    sent = sentResources(await xdsMetrics());
  });
  const answer = await call(buyer, "http://web.shop/restock", "POST");
  tell.expect(sent === "RDS 1", `a restarted xDS server sent ${sent}, and not the one change alone`);
  tell.expect(answer === "200", `the change made meanwhile: buyer was answered ${answer}`);
  tell.step(`xDS restarted under load: ${said}; sent to ${standing} proxies since: ${sent}, the one change made while it was down`);
}

/** A broken policy, and the code of what is remarked on it. */
const broken = [
  ["unknown-kind", "TARGET_UNSUPPORTED_KIND"],
  ["missing-group", "ROUTE_GROUP_MISSING"],
  ["bad-regex", "ROUTE_REGEX_INVALID"],
  ["weights-of-zero", "SPLIT_WEIGHTS_ZERO"],
] as const;

async function brokenPoliciesOpenNothing({ stage, tell, traffic }: Scene, { buyer, thief }: Cast): Promise<void> {
  const sentBefore = sentResources(await stage.mesh.xdsMetrics());
  const said = await traffic.during(async () => {
    for (const [name, code] of broken) {
      await stage.drop(policy(`broken/${name}`));
      const remark = await remarkOf(stage, code);
      const answers = [await call(buyer, url), await call(thief, url)];
      tell.expect(remark.file.endsWith(`${name}.yaml`), `${code} was remarked on ${remark.file}`);
      tell.expect(answers[0] === "200" && isRefusedAtHome(answers[1] ?? ""), `with ${name} in place buyer and thief were answered ${answers.join()}`);
      tell.line(lineOf({ ...remark, file: basename(remark.file) }));
    }
  });
  const sentAfter = sentResources(await stage.mesh.xdsMetrics());
  tell.expect(sentAfter === sentBefore, `broken policies changed what proxies have: ${sentBefore}, then ${sentAfter}`);
  tell.step(`four broken policies: each is named with its file, object, field and remedy; nothing opens, nothing is sent: ${said}`);
}

async function remarkOf({ mesh: { bus }, policies }: Stage, code: string): Promise<Remark> {
  const signal = AbortSignal.timeout(20_000);
  for await (const remarks of remarksIn(bus, mesh, { fileOf: fileIn([policies]), signal })) {
    const found = remarks.find(({ finding }) => finding.code === code);
    if (found) return found;
  }
  throw new Error(`nothing was remarked with ${code}`);
}

/** What xDS servers have sent since they started: `<type> <resources>`, as their own metrics say. */
function sentResources(metrics: readonly string[]): string {
  const sent = new Map<string, number>();
  for (const text of metrics) {
    for (const [, type = "", count] of text.matchAll(/^mesh_resources_sent_total\{type="(\w+)"\} (\d+)$/gm)) sent.set(type, (sent.get(type) ?? 0) + Number(count));
  }
  return [...sent].map(([type, count]) => `${type} ${count}`).join(", ") || "nothing";
}

async function proof({ web, echo, buyer, thief }: Cast, tell: Teller): Promise<void> {
  for (const pod of [web, echo, buyer, thief]) {
    const { handshakes, rejected, accepted } = await countersOf(pod);
    tell.expect(rejected === 0, `${pod.name} rejected ${rejected} updates`);
    tell.line(`${pod.name}: TLS handshakes ${handshakes}, updates taken ${accepted}, update_rejected ${rejected}`);
  }
  for (const [peer, count] of await peersOf(web)) tell.line(`web-1 answered ${peer}: ${count} times`);
  tell.step("the Envoys' own counters say the same");
}

/** A sidecar that has no listener for an address ends the connection: no status, no body. */
export function isRefusedAtHome(answer: string): boolean {
  return answer === "ECONNRESET" || answer === "ECONNREFUSED";
}

/** How many requests a pod's app was handed by its sidecar. */
async function served(pod: Pod): Promise<number> {
  const found = /upstream_rq_200: (\d+)/.exec(await pod.admin("/stats?filter=local.8080.upstream_rq_200"));
  return Number(found?.[1] ?? 0);
}
