import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { expect, test } from "vitest";
import { serviceOf } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";

const { path } = serviceOf("DeltaAggregatedResources");
const usual = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };

async function dial(bench: Bench, xds: RunningXds): Promise<ClientHttp2Session> {
  const session = connect(`https://127.0.0.1:${await xds.port}`, { ca: bench.root, servername: "localhost" });
  session.on("error", () => undefined);
  await once(session, "connect");
  return session;
}

interface Answer {
  readonly http: unknown;
  readonly status: unknown;
  readonly message: unknown;
}

/** How the server answers a call that opens like this and sends these bytes. */
async function answerTo(session: ClientHttp2Session, headers: Readonly<Record<string, string>>, bytes?: Buffer): Promise<Answer> {
  const stream = session.request({ ...usual, ...headers }, { endStream: false });
  stream.on("error", () => undefined);
  if (bytes) stream.write(bytes);
  const trailers = new Promise<Record<string, unknown>>((resolve) => stream.once("trailers", resolve));
  const [first] = await once(stream, "response");
  stream.resume();
  const last = first["grpc-status"] === undefined && first[":status"] === 200 ? await trailers : first;
  stream.close();
  return { http: first[":status"], status: last["grpc-status"], message: last["grpc-message"] };
}

async function stage() {
  const bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const session = await dial(bench, xds);
  return {
    bench, xds, session,
    token: { authorization: `Bearer ${bench.tokenOf("web")}` },
    [Symbol.asyncDispose]: async () => {
      session.destroy();
      await bench[Symbol.asyncDispose]();
    },
  };
}

test("who asks for what is not served, or not as gRPC, is told so and nothing is opened", async () => {
  await using scene = await stage();
  const { session, token, xds } = scene;
  expect(await answerTo(session, { ...token, ":path": "/envoy.service.discovery.v3.Other/Delta" })).toMatchObject({ http: 200, status: "12" });
  expect(await answerTo(session, { ...token, "grpc-encoding": "gzip" })).toMatchObject({ http: 200, status: "12" });
  expect(await answerTo(session, { ...token, "content-type": "text/html" })).toMatchObject({ http: 415 });
  expect(await answerTo(session, { ...token, ":method": "PUT" })).toMatchObject({ http: 415 });
  expect(xds.metric("mesh_proxies_connected")).toBe(0);
});

test("a compressed message and one that is too large end their call with a code of their own", async () => {
  await using scene = await stage();
  const { session, token, xds, bench } = scene;
  const frame = (flag: number, length: number) => Buffer.from([flag, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);
  expect(await answerTo(session, token, frame(1, 3))).toMatchObject({ status: "12", message: "message-compressed" });
  expect(await answerTo(session, token, frame(0, 5 * 1024 * 1024))).toMatchObject({ status: "8", message: "message-too-large" });
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ CDS, EDS }) => CDS.size === 1 && EDS.size === 1);
});

test("a large response is whole, and one that follows it comes after it", async () => {
  await using scene = await stage();
  const { bench, xds } = scene;
  const many = Array.from({ length: 16_000 }, (_, at) => `10.${at >> 8}.${at & 255}.1`);
  await bench.compiler.endpoints("cart", many);
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ EDS, SDS }) => EDS.size === 1 && SDS.size === 2);
  expect(web.received.find(({ type }) => type === "EDS")?.bytes.get("cart")?.length).toBeGreaterThan(200_000);
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.9"]);
  await web.until(({ EDS }) => EDS.get("cart") === digest);
});

test("a call that was refused while bytes of it were unread gives its place on the connection back, however its client ends it", async () => {
  await using scene = await stage();
  const { session } = scene;
  for (let at = 0; at < 40; at++) {
    const stream = session.request({ ...usual, authorization: "Bearer nobody" }, { endStream: false });
    stream.on("error", () => undefined);
    stream.write(Buffer.alloc(2000, 1));
    await once(stream, "response");
    stream.close(0);
  }
  expect(await answerTo(session, { authorization: "Bearer nobody" })).toMatchObject({ status: "16" });
});
