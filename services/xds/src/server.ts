import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { adsServices } from "@osm/ads";
import { serveStream, type AdsDeps } from "./ads-service.ts";
import { createConnections, peerOf } from "./connections.ts";
import { openFrontDoor, type FrontDoorOptions } from "./front-door.ts";
import { callOn } from "./grpc-call.ts";

export interface AdsServer extends AsyncDisposable {
  readonly port: number;
  /** Tells the client at this address to open its next stream elsewhere. */
  sendOff(peer: string): void;
}

export type Listening = Pick<FrontDoorOptions, "address" | "tls">;

const options = {
  settings: { maxConcurrentStreams: 16, enablePush: false },
  // Megabytes that one connection may hold here, of what it sends and does not read; new streams on it are refused beyond.
  maxSessionMemory: 64,
};

/** Proxies are told apart by their tokens, not by certificates, so none is asked for. */
export async function listen({ address, tls }: Listening, ads: AdsDeps, failed: (error: unknown) => void): Promise<AdsServer> {
  // Encryption is ended before: what is handed to it is as good as in the clear.
  const server = createServer(options);
  const connections = createConnections();
  server.on("sessionError", () => undefined);
  server.on("stream", (stream, headers) => void served(stream, headers, ads).catch(failed));
  const seat = (socket: Socket) => {
    // The session is made at once, and knows its socket only behind a proxy that lets nobody end it.
    server.once("session", (session) => connections.add(session, socket));
    server.emit("connection", socket);
  };
  const door = await openFrontDoor({ address, tls, seat, turnedAway: ads.refused });
  return {
    port: door.port,
    sendOff: connections.sendOff,
    [Symbol.asyncDispose]: async () => {
      connections[Symbol.dispose]();
      await door[Symbol.asyncDispose]();
    },
  };
}

async function served(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ads: AdsDeps): Promise<void> {
  const { ":method": verb, ":path": path, "content-type": content = "", "grpc-encoding": coding = "identity" } = headers;
  const service = adsServices.find((each) => each.path === path);
  if (stream.destroyed || stream.closed || !stream.session) return;
  const call = callOn(stream, headers, peerOf(stream.session.socket));
  if (verb !== "POST" || !content.startsWith("application/grpc")) return stream.respond({ ":status": 415 }, { endStream: true });
  if (!service) return call.end({ code: "unimplemented", details: "no such method" });
  if (coding !== "identity") return call.end({ code: "unimplemented", details: "message-compressed" });
  return serveStream({ call, service }, ads);
}
