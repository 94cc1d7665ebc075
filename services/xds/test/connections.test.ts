import { once } from "node:events";
import { connect as connectHttp2, createServer, type ServerHttp2Session } from "node:http2";
import { connect, createServer as createNetServer, type AddressInfo, type Socket } from "node:net";
import { manualClock } from "@osm/testkit";
import { expect, test } from "vitest";
import { createConnections, peerOf } from "../src/connections.ts";

/** A server whose client leaves its socket open whatever the server says, or closes it as clients do. */
async function seated({ allowHalfOpen, lateBy = () => 0 }: { readonly allowHalfOpen: boolean; readonly lateBy?: () => number }) {
  const clock = manualClock();
  const connections = createConnections({ ...clock, now: () => clock.now() + lateBy() });
  const http2 = createServer();
  const arrived = Promise.withResolvers<{ readonly session: ServerHttp2Session; readonly socket: Socket }>();
  http2.on("sessionError", () => undefined);
  const net = createNetServer((socket) => {
    http2.once("session", (session) => {
      connections.add(session, socket);
      arrived.resolve({ session, socket });
    });
    http2.emit("connection", socket);
  }).listen(0, "127.0.0.1");
  await once(net, "listening");
  const { port } = net.address() as AddressInfo;
  const line = connect({ port, host: "127.0.0.1", allowHalfOpen });
  const client = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => line });
  client.on("error", () => undefined);
  await once(client, "connect");
  const { session, socket } = await arrived.promise;
  return {
    clock, connections, session, socket, line,
    [Symbol.dispose]: () => {
      connections[Symbol.dispose]();
      client.destroy();
      line.destroy();
      socket.destroy();
      net.close();
    },
  };
}

test.each([true, false])("a connection that asks for nothing is closed and let go of, and the rounds go on (its client keeps the socket: %s)", async (allowHalfOpen) => {
  using scene = await seated({ allowHalfOpen });
  const { clock, session, socket } = scene;
  for (let rounds = 0; rounds < 3; rounds++) {
    await new Promise<void>((resolve) => void session.ping(() => resolve()));
    clock.advance(10_000);
  }
  expect(session.closed).toBe(true);
  const closed = once(socket, "close");
  for (let rounds = 0; rounds < 10; rounds++) clock.advance(10_000);
  await closed;
  expect(socket.destroyed).toBe(true);
});

test("who gives no sign of life for a round is cut off", async () => {
  using scene = await seated({ allowHalfOpen: true });
  const { clock, line, socket } = scene;
  line.pause();
  clock.advance(20_000);
  expect(socket.destroyed).toBe(true);
});

test("where the server itself stood still nobody is cut off: signs of life may lie unread", async () => {
  let late = 0;
  using scene = await seated({ allowHalfOpen: true, lateBy: () => late });
  const { clock, socket } = scene;
  clock.advance(10_000);
  late = 5000;
  clock.advance(10_000);
  expect(socket.destroyed).toBe(false);
});

test("who is sent off and stays is cut off after a moment", async () => {
  using scene = await seated({ allowHalfOpen: true });
  const { clock, connections, session, socket } = scene;
  connections.sendOff(peerOf(socket));
  expect([session.closed, socket.destroyed]).toEqual([true, false]);
  clock.advance(5000);
  expect(socket.destroyed).toBe(true);
});
