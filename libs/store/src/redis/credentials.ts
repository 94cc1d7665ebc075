import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import type { Log } from "@osm/runtime";
import type { RedisAddress } from "./address.ts";

export interface Login {
  readonly username?: string;
  readonly password?: string;
}

/** Read anew at each connect, so that a rotated Secret is taken up; empty where no folder is named or its files cannot be read. */
export function loginOf({ credentials: folder }: RedisAddress, log: Log): Login {
  if (folder === undefined) return {};
  try {
    return { username: textOf(folder, "user"), password: textOf(folder, "password") };
  } catch (err) {
    log.error({ err, folder }, "store credentials cannot be read");
    return {};
  }
}

/** @throws Error when a file is there and cannot be read. */
export function tlsOf({ isEncrypted, credentials: folder, host }: RedisAddress): { readonly tls?: ConnectionOptions } {
  if (!isEncrypted) return {};
  const file = (name: string): Buffer | undefined => (folder === undefined ? undefined : readIfThere(join(folder, name)));
  const [ca, cert, key] = [file("ca.crt"), file("tls.crt"), file("tls.key")];
  return { tls: { servername: isName(host) ? host : "", ...(ca && { ca }), ...(cert && key && { cert, key }) } };
}

/** TLS knows no server name that is an address. */
function isName(host: string): boolean {
  return !/^[0-9.]+$|:/.test(host);
}

function textOf(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8").trim();
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (err) {
    if (err instanceof Error && "code" in err && err.code === "ENOENT") return undefined;
    throw err;
  }
}
