/** Where a Redis store is, as its URL says it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  /** A folder with `user`, `password` and, where they apply, `ca.crt`, `tls.crt`, `tls.key`: a mounted Secret. */
  readonly credentials: string | undefined;
}

const usage = "redis://HOST[:PORT] or rediss://HOST[:PORT], with ?credentials=FOLDER as wanted";

/** @throws TypeError that names the part which is wrong, and never a secret. */
export function parseRedisAddress(url: URL): RedisAddress {
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("a store URL holds no user and password: put them into files and name their folder with ?credentials=FOLDER");
  }
  const unknown = [...url.searchParams.keys()].find((key) => key !== "credentials");
  if (unknown !== undefined) throw new TypeError(`a store URL has no parameter ${JSON.stringify(unknown)}; it is ${usage}`);
  if (url.hostname === "" || !["", "/"].includes(url.pathname)) throw new TypeError(`a store URL is ${usage}`);
  return {
    host: url.hostname,
    port: url.port === "" ? 6379 : Number(url.port),
    isEncrypted: url.protocol === "rediss:",
    credentials: url.searchParams.get("credentials") ?? undefined,
  };
}
