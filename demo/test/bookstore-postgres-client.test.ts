import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openPostgres } from "../src/apps/postgres-client.mjs";

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((each) => each.close()));

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const ready = message("Z", Buffer.from("I"));
const welcome = Buffer.concat([message("R", int32(0)), message("S", Buffer.from("a\0b\0")), ready]);
const row = message("D", Buffer.concat([Buffer.from([0, 2]), int32(2), Buffer.from("12"), int32(-1)]));
const refused = message("E", Buffer.from("SERROR\0C42601\0Mno such table\0\0"));

/** What a server says, and whether it ends the connection after that. */
interface Answer {
  readonly bytes: Buffer;
  readonly last: boolean;
}
const say = (...messages: readonly Buffer[]): Answer => ({ bytes: Buffer.concat(messages), last: false });
const sayLast = (...messages: readonly Buffer[]): Answer => ({ bytes: Buffer.concat(messages), last: true });

/** A server that gives these answers, one for each thing it is sent, in pieces of a byte. */
async function server(answers: readonly Answer[]): Promise<{ readonly port: number; readonly heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const left = [...answers];
  const listening = createServer((socket: Socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      heard.push(chunk);
      const answer = left.shift();
      for (const byte of answer?.bytes ?? []) socket.write(Buffer.from([byte]));
      if (answer?.last) socket.end();
    });
  }).listen(0, "127.0.0.1");
  servers.push(listening);
  await once(listening, "listening");
  const address = listening.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return { port: address.port, heard };
}

const at = (port: number) => ({ host: "127.0.0.1", port, user: "me", database: "books" });

test("starts up by name and database, and reads rows however the bytes arrive", async () => {
  const { port, heard } = await server([say(welcome), say(message("T", Buffer.alloc(2)), row, row, message("C", Buffer.from("SELECT 2\0")), ready)]);
  const database = await openPostgres(at(port));
  expect(await database.query("SELECT")).toEqual([["12", null], ["12", null]]);
  expect(heard[0]?.subarray(8).toString()).toBe("user\0me\0database\0books\0\0");
  expect(heard[1]?.toString("latin1")).toBe("Q\0\0\0\u000bSELECT\0");
  database.close();
});

test("says what the server refuses, and can go on after it", async () => {
  const { port } = await server([say(welcome), say(refused, ready), say(row, ready)]);
  const database = await openPostgres(at(port));
  await expect(database.query("SELECT")).rejects.toThrow("no such table");
  expect(await database.query("SELECT")).toEqual([["12", null]]);
  database.close();
});

test("fails, and is no longer open, when the connection is cut", async () => {
  const { port } = await server([say(welcome), sayLast()]);
  const database = await openPostgres(at(port));
  await expect(database.query("SELECT")).rejects.toThrow();
  expect(database.isOpen()).toBe(false);
  await expect(database.query("SELECT")).rejects.toThrow("the connection is closed");

  const cut = await server([sayLast()]);
  await expect(openPostgres(at(cut.port))).rejects.toThrow();
});

test("refuses a server that wants a password, and one that knows no such database", async () => {
  const password = await server([say(message("R", int32(3)))]);
  await expect(openPostgres(at(password.port))).rejects.toThrow("the database wants a password");
  const unknown = await server([sayLast(refused)]);
  await expect(openPostgres(at(unknown.port))).rejects.toThrow("no such table");
});
