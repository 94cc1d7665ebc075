import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsOptions } from "@nats-io/transport-node";
import type { Log } from "@osm/runtime";
import type { NatsAddress } from "./address.ts";

export interface Credentials {
  /** The user's name, which an error may tell. */
  readonly user: () => string;
  readonly password: () => string;
}

/**
 * Reads user and password anew at each connect, so that a rotated Secret is taken up. A file that cannot be read keeps what
 * was read last: the client library would give up for good if this threw.
 */
export function credentialsIn(folder: string, log: Log): Credentials {
  const last = new Map<string, string>();
  const read = (name: string) => () => {
    try {
      last.set(name, readFileSync(join(folder, name), "utf8").trim());
    } catch (err) {
      log.error({ err, folder, file: name }, "bus credentials cannot be read");
    }
    return last.get(name) ?? "";
  };
  return { user: read("user"), password: read("password") };
}

/**
 * Null where the line is not to be encrypted; files are read again at each connect. The client library hands on to Node what it
 * does not know: without `host` Node would hold the certificate of a server at an IP address against `localhost`.
 */
export function tlsOf({ isEncrypted, credentials, host }: NatsAddress, exists: (path: string) => boolean): (TlsOptions & Pick<NatsAddress, "host">) | null {
  if (!isEncrypted) return null;
  const file = (name: string): string | undefined => {
    const path = credentials === undefined ? undefined : join(credentials, name);
    return path !== undefined && exists(path) ? path : undefined;
  };
  const [caFile, certFile, keyFile] = [file("ca.crt"), file("tls.crt"), file("tls.key")];
  return { host, ...(caFile && { caFile }), ...(certFile && keyFile && { certFile, keyFile }) };
}
