import { call } from "./load.ts";
import { echoPod, endpointKnown, policy, standing, type Cast } from "./shop-pods.ts";
import type { Stage } from "./stage.ts";
import type { Teller } from "./tell.ts";
import type { Traffic } from "./traffic.ts";

interface Scene {
  readonly stage: Stage;
  readonly tell: Teller;
  readonly traffic: Traffic;
}

const echoPort = 9000;
/** What ends a connection has to be noticed at the other end too, on a machine that may be busy. */
const slackMs = 2000;

/** A TCP grant is added under the load of requests; from then on connections are held. */
export async function tcpGranted({ stage, tell, traffic }: Scene, { buyer, thief, echo }: Cast): Promise<void> {
  let tookMs = 0;
  const refused = await call(thief, `http://${echo.ip}:${echoPort}/`);
  const said = await traffic.during(async () => {
    ({ tookMs } = await stage.apply(policy("buyer-may-echo")));
    await traffic.hold(buyer, { host: echo.ip, port: echoPort, greeted: true });
  });
  tell.expect(refused === "ECONNRESET", `thief was answered ${refused} by the echo server`);
  tell.step(`a TCPRoute granted under load, to a server that speaks first: ${said}; thief is refused (${refused})`, tookMs);
}

/** What is added beside them costs open connections nothing. */
export async function tcpStays({ stage, tell, traffic }: Scene): Promise<void> {
  let tookMs = 0;
  const granted = await traffic.during(async () => void ({ tookMs } = await stage.apply(policy("thief-may-echo"))));
  tell.step(`another TCP grant added at the same port: ${granted}`, tookMs);

  const scaled = await traffic.during(async () => {
    const second = await stage.startPod(echoPod("echo-2"));
    tookMs = await endpointKnown(stage, second, { ready: true, proxies: standing + 1 });
    await second.stop({ graceful: true, beforeKill: async () => void (await endpointKnown(stage, second, { ready: false, proxies: standing + 1 })) });
  });
  tell.step(`the headless service scaled to two pods and back: ${scaled}`, tookMs);
}

/** Connections that lost their grant end within the drain time. */
export async function tcpRevoked({ stage, tell, traffic }: Scene, { buyer, echo }: Cast): Promise<void> {
  const startedAt = Date.now();
  const { tookMs } = await stage.withdraw(policy("buyer-may-echo"));
  const ended = await traffic.heldEnded();
  const after = Date.now() - startedAt;
  const refused = await call(buyer, `http://${echo.ip}:${echoPort}/`);
  tell.expect(after <= stage.drainSec * 1000 + slackMs, `connections without a grant lived on for ${after} ms, with a drain time of ${stage.drainSec} s`);
  tell.expect(refused === "ECONNRESET", `after the grant was withdrawn buyer was answered ${refused}`);
  const others = await traffic.during(async () => void (await stage.withdraw(policy("thief-may-echo"))));
  tell.step(`the TCP grant withdrawn: all ${ended} connections ended within ${(after / 1000).toFixed(1)} s, the drain time is ${stage.drainSec} s here and 45 s as injected; ${others}`, tookMs);
}
