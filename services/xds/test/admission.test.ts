import { createRoot } from "@osm/pki";
import { describe, expect, test } from "vitest";
import { connect } from "./ads-client.ts";
import { createBench, jwksOf, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { identityOf, proxyOf } from "./mesh-said.ts";
import { createTokenKey, type TokenWish } from "./tokens.ts";

const unauthenticated = 16;
const unavailable = 14;

describe("readiness", () => {
  test("no port is bound before trust, every view, proxy and assignment is known", async () => {
    await using bench = createBench();
    const { compiler, store } = bench;
    const xds = bench.start();
    let port = 0;
    void xds.port.then((bound) => (port = bound));
    await compiler.view({ account: "web", services: ["cart"] });
    await compiler.proxy(proxyOf("web", "web"));
    await compiler.endpoints("cart", ["10.0.0.1"]);
    await compiler.compiled(1);
    await xds.line("views incomplete, earlier ones stay");
    expect(port).toBe(0);

    await compiler.view({ account: "web", services: ["cart"] }, store);
    expect(port).toBe(0);
    await bench.startCa();
    expect(await xds.port).toBeGreaterThan(0);
  });
});

async function shop(bench: Bench) {
  await saidShop(bench);
  const xds = bench.start();
  const wish: TokenWish = { uid: "web", identity: identityOf("web"), now: bench.clock.now() };
  return { xds, wish };
}

/** Refused with these words, in the log and in the metric too, and with nothing left of it. */
async function expectRefusal(bench: Bench, xds: RunningXds, { token, reason, code = unauthenticated }: { readonly token: string; readonly reason: string; readonly code?: number }) {
  const stranger = await bench.open(xds, "web", { token });
  stranger.behave();
  expect(await stranger.ended).toEqual({ code, details: reason });
  expect((await xds.line("stream refused")).fields).toMatchObject({ reason });
  expect(xds.metric(`mesh_streams_refused_total{reason="${reason}"}`)).toBe(1);
  expect(xds.metric("mesh_proxies_connected")).toBe(0);
  expect(stranger.received).toEqual([]);
}

describe("a token", () => {
  const forger = createTokenKey("first");
  const stranger = createTokenKey("unheard-of");
  const refusals: readonly (readonly [string, string, (bench: Bench, wish: TokenWish) => string])[] = [
    ["that is no token", "malformed", () => "let-me-in"],
    ["that another key has signed in the cluster's name", "signature", (_, wish) => forger.token(wish)],
    ["of an unknown key", "unknown-key", (_, wish) => stranger.token(wish)],
    ["that has run out", "expired", ({ key }, wish) => key.token({ ...wish, now: wish.now - 3_700_000, lifeSec: 3600 })],
    ["for another audience", "audience", ({ key }, wish) => key.token({ ...wish, audience: "vault" })],
    ["for another mesh", "audience", ({ key }, wish) => key.token({ ...wish, audience: "osm.other" })],
    ["of another issuer", "issuer", ({ key }, wish) => key.token({ ...wish, issuer: "https://elsewhere" })],
    ["of another account than the pod's", "other-account", ({ key }, wish) => key.token({ ...wish, identity: identityOf("job") })],
  ];
  test.each(refusals)("%s is refused: %s", async (_name, reason, tokenOf) => {
    await using bench = createBench();
    const { xds, wish } = await shop(bench);
    await expectRefusal(bench, xds, { token: tokenOf(bench, wish), reason });
  });

  test("is needed", async () => {
    await using bench = createBench();
    const { xds } = await shop(bench);
    await expectRefusal(bench, xds, { token: "", reason: "no-token" });
  });

  test("of a key that is new to the cluster is let in after one more look at the keys", async () => {
    await using bench = createBench();
    await saidShop(bench);
    const rotated = createTokenKey("second");
    let looks = 0;
    const xds = bench.start({
      current: async () => jwksOf(bench.key),
      refreshed: async () => {
        looks++;
        return jwksOf(bench.key, rotated);
      },
    });
    const web = await bench.open(xds, "web", { token: rotated.token({ uid: "web", identity: identityOf("web"), now: bench.clock.now() }) });
    web.behave();
    await web.until(({ SDS }) => SDS.size === 2);
    expect(looks).toBe(1);
  });

  test("cannot be judged while the keys cannot be read: that refuses this stream and ends nothing", async () => {
    await using bench = createBench();
    await saidShop(bench);
    let readable = false;
    const current = async () => {
      if (!readable) throw new Error("no such file");
      return jwksOf(bench.key);
    };
    const xds = bench.start({ current, refreshed: current });
    const early = await bench.open(xds, "web");
    expect(await early.ended).toEqual({ code: unavailable, details: "no-keys" });
    readable = true;
    const later = await bench.open(xds, "web");
    later.behave();
    await later.until(({ SDS }) => SDS.size === 2);
  });

  test("ends its stream a minute after it has run out", async () => {
    await using bench = createBench();
    const { xds, wish } = await shop(bench);
    const web = await bench.open(xds, "web", { token: bench.key.token({ ...wish, lifeSec: 600 }) });
    web.behave();
    await web.until(({ EDS, LDS, SDS }) => EDS.size === 1 && LDS.size === 1 && SDS.size === 2);
    await bench.settled(1);
    bench.clock.advance(659_000);
    expect(xds.metric("mesh_proxies_connected")).toBe(1);
    bench.clock.advance(1000);
    expect(await web.ended).toEqual({ code: unavailable, details: "token-expired" });
    expect(xds.metric("mesh_proxies_connected")).toBe(0);
  });
});

describe("a pod", () => {
  test("that is not known yet is held, and let in when it is", async () => {
    await using bench = createBench();
    await saidShop(bench);
    const xds = bench.start();
    const young = await bench.open(xds, "web-2", { account: "web" });
    young.behave();
    const known = await bench.open(xds, "web");
    known.behave();
    await known.until(({ SDS }) => SDS.size === 2);
    expect(xds.metric("mesh_proxies_connected")).toBe(1);

    await bench.compiler.proxy(proxyOf("web-2", "web"));
    await young.until(({ EDS, SDS }) => EDS.size === 1 && SDS.size === 2);
    expect(xds.metric("mesh_proxies_connected")).toBe(2);
  });

  test("that nobody knows is refused after ten seconds", async () => {
    await using bench = createBench();
    await saidShop(bench);
    const { clock } = bench;
    const xds = bench.start();
    const stranger = await bench.open(xds, "nobody");
    stranger.behave();
    await clock.scheduled(10_000);
    clock.advance(9_999);
    expect(xds.metric('mesh_streams_refused_total{reason="unknown-pod"}')).toBe(0);
    clock.advance(1);
    expect(await stranger.ended).toEqual({ code: unauthenticated, details: "unknown-pod" });
    expect(xds.metric('mesh_streams_refused_total{reason="unknown-pod"}')).toBe(1);
  });

  test("that is gone ends its stream, and its alone", async () => {
    await using bench = createBench();
    await saidShop(bench);
    const xds = bench.start();
    const [web, job] = [await bench.open(xds, "web"), await bench.open(xds, "job")];
    for (const each of [web, job]) {
      each.behave();
      await each.until(({ SDS, EDS }) => SDS.size === 2 && EDS.size === 1);
    }
    await bench.compiler.proxyGone("web");
    expect(await web.ended).toEqual({ code: unavailable, details: "pod-gone" });
    const digest = await bench.compiler.endpoints("mail", ["10.0.0.8"]);
    await job.until(({ EDS }) => EDS.get("mail") === digest);
    expect(xds.metric("mesh_proxies_connected")).toBe(1);
  });
});

test("a client that does not trust the server's certificate gets no further", async () => {
  await using bench = createBench();
  const { xds, wish } = await shop(bench);
  const root = await createRoot({ commonName: "another", now: bench.clock.now() / 1000, lifetimeSec: 3600 });
  await using wary = connect({ port: await xds.port, root: root.certPem, token: bench.key.token(wish) });
  wary.behave();
  expect((await wary.ended).code).toBe(unavailable);
});
