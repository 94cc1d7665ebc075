import { promisify } from "node:util";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { adsServices, type AdsService } from "@osm/ads";
import { methodOf, serveStream, type AdsDeps, type Opened } from "./ads-service.ts";

export interface AdsServer extends AsyncDisposable {
  readonly port: number;
}

export interface Listening {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  /** What the server shows its proxies, PEM. */
  readonly tls: { readonly certificate: string; readonly key: string };
}

const options = {
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
  "grpc.max_send_message_length": -1,
  "grpc.max_concurrent_streams": 16,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
};

/** Proxies are told apart by their tokens, not by certificates, so none is asked for. */
export async function listen({ address, tls }: Listening, ads: AdsDeps, failed: (error: unknown) => void): Promise<AdsServer> {
  const server = new Server(options);
  const handlerOf = (service: AdsService) => (call: Opened["call"]) => void serveStream({ call, service }, ads).catch(failed);
  const byPath = <T>(of: (service: AdsService) => T) => Object.fromEntries(adsServices.map((service) => [service.path, of(service)]));
  server.addService(byPath(methodOf), byPath(handlerOf));
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) };
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind(address, ServerCredentials.createSsl(null, [pair], false));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown();
    },
  };
}
