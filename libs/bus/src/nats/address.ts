/** Where a NATS bus is, as its URL says it. */
export interface NatsAddress {
  /** `host:port`, which an error or a log may name. */
  readonly server: string;
  /** Name or address that the server's certificate has to be for. */
  readonly host: string;
  readonly isEncrypted: boolean;
  /** A folder with `user`, `password` and, where they apply, `ca.crt`, `tls.crt`, `tls.key`: a mounted Secret. */
  readonly credentials: string | undefined;
  /** Copies of the stream in a cluster of servers. */
  readonly replicas: number;
  /** Room of the stream on disk. */
  readonly maxBytes: number;
}

const known = ["credentials", "replicas", "maxBytes"];
const gibibyte = 2 ** 30;
const usage = "nats://HOST[:PORT] or tls://HOST[:PORT], with ?credentials=FOLDER&replicas=N&maxBytes=N as wanted";

/** @throws TypeError that names the part which is wrong, and never a secret. */
export function parseNatsAddress(url: URL): NatsAddress {
  if (url.username !== "" || url.password !== "") throw new TypeError("a bus URL holds no user and password: put them into files and name their folder with ?credentials=FOLDER");
  const unknown = [...url.searchParams.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined) throw new TypeError(`a bus URL has no parameter ${JSON.stringify(unknown)}; it is ${usage}`);
  if (url.hostname === "" || !["", "/"].includes(url.pathname)) throw new TypeError(`a bus URL is ${usage}`);
  return {
    server: `${url.hostname}:${url.port === "" ? "4222" : url.port}`,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    isEncrypted: url.protocol === "tls:",
    credentials: url.searchParams.get("credentials") ?? undefined,
    replicas: wholeNumber(url, "replicas", { standard: 1, max: 5 }),
    maxBytes: wholeNumber(url, "maxBytes", { standard: gibibyte / 2, max: Number.MAX_SAFE_INTEGER }),
  };
}

function wholeNumber(url: URL, key: string, { standard, max }: { readonly standard: number; readonly max: number }): number {
  const text = url.searchParams.get(key);
  if (text === null) return standard;
  const value = Number(text);
  if (!/^[1-9][0-9]*$/.test(text) || value > max) throw new TypeError(`${key} of a bus URL is a whole number from 1 to ${max}`);
  return value;
}
