// As much of PostgreSQL's protocol (version 3.0) as one simple query needs: startup without a password, query, rows as text.
import { connect } from "node:net";

const protocolVersion = 196_608;
const patienceMs = 10_000;

/** A connection that runs one query at a time. Rejects with the server's words, or the connection's error. */
export async function openPostgres({ host, port, user, database }) {
  const socket = connect({ host, port, noDelay: true });
  socket.setTimeout(patienceMs, () => waiting && socket.destroy(new Error("the database does not answer")));
  let waiting;
  let buffered = Buffer.alloc(0);

  const turn = (bytes) => {
    if (waiting) throw new Error("one query at a time");
    const { promise, resolve, reject } = Promise.withResolvers();
    waiting = { resolve, reject, rows: [], error: undefined };
    if (socket.destroyed) settle(new Error("the connection is closed"));
    else socket.write(bytes);
    return promise;
  };
  const settle = (error) => {
    const done = waiting;
    waiting = undefined;
    if (!done) return;
    if (error ?? done.error) done.reject(error ?? done.error);
    else done.resolve(done.rows);
  };
  const take = (type, body) => {
    if (type === "D") waiting?.rows.push(rowOf(body));
    if (type === "E" && waiting) waiting.error = new Error(errorText(body));
    if (type === "R" && body.readInt32BE(0) !== 0) settle(new Error("the database wants a password"));
    if (type === "Z") settle();
  };
  socket.on("data", (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 5 && buffered.length > buffered.readInt32BE(1)) {
      const length = buffered.readInt32BE(1) + 1;
      take(String.fromCharCode(buffered[0]), buffered.subarray(5, length));
      buffered = buffered.subarray(length);
    }
  });
  socket.on("error", settle);
  socket.on("close", () => settle(waiting?.error ?? Object.assign(new Error("the connection was closed"), { code: "CLOSED" })));

  await turn(startup({ user, database })).catch((error) => {
    socket.destroy();
    throw error;
  });
  return {
    query: (sql) => turn(message("Q", `${sql}\0`)),
    isOpen: () => !socket.destroyed && socket.writable,
    close: () => socket.destroy(),
  };
}

function startup(parameters) {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`).join("");
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(protocolVersion, 4);
  return Buffer.concat([head, body]);
}

function message(type, text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Fields of a row; null where the database has none. */
function rowOf(body) {
  const fields = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at);
    at += 4;
    fields.push(length < 0 ? null : body.toString("utf8", at, at + length));
    at += Math.max(0, length);
  }
  return fields;
}

/** An error is a list of fields, each a letter and a text; M is what is meant for people. */
function errorText(body) {
  const fields = body.toString("utf8").split("\0");
  return fields.find((field) => field.startsWith("M"))?.slice(1) ?? "the database refused";
}
