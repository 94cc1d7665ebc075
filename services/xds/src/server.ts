import { Server } from "@grpc/grpc-js";
import { adsServices, type AdsService } from "@osm/ads";
import { methodOf, serveStream, type AdsDeps, type Opened } from "./ads-service.ts";
import { createConnections } from "./connections.ts";
import { openFrontDoor, type FrontDoorOptions } from "./front-door.ts";

export interface AdsServer extends AsyncDisposable {
  readonly port: number;
  /** Tells the client at this address to open its next stream elsewhere. */
  sendOff(peer: string): void;
}

export type Listening = Pick<FrontDoorOptions, "address" | "tls">;

const options = {
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
  "grpc.max_send_message_length": -1,
  "grpc.max_concurrent_streams": 16,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  // Who opens a connection and asks for nothing is no sidecar.
  "grpc.max_connection_idle_ms": 30_000,
  // Megabytes that one connection may hold here, of what it sends and does not read; new streams on it are refused beyond.
  "grpc-node.max_session_memory": 64,
  "grpc.enable_channelz": 0,
};

/** Proxies are told apart by their tokens, not by certificates, so none is asked for. */
export async function listen({ address, tls }: Listening, ads: AdsDeps, failed: (error: unknown) => void): Promise<AdsServer> {
  const server = new Server(options);
  const handlerOf = (service: AdsService) => (call: Opened["call"]) => void serveStream({ call, service }, ads).catch(failed);
  const byPath = <T>(of: (service: AdsService) => T) => Object.fromEntries(adsServices.map((service) => [service.path, of(service)]));
  server.addService(byPath(methodOf), byPath(handlerOf));
  const connections = createConnections(server);
  const door = await openFrontDoor({ address, tls, seat: connections.seat, turnedAway: ads.refused });
  return {
    port: door.port,
    sendOff: connections.sendOff,
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown();
      await door[Symbol.asyncDispose]();
    },
  };
}
