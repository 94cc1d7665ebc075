import { createHash } from "node:crypto";
import type { MeshName } from "@osm/model";
import { blobPrefix, rightsOf, type Service } from "@osm/wire";

export interface RedisUserEntry {
  readonly mesh: MeshName;
  readonly service: Service;
  readonly password: string;
}

export interface RedisTlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Where it is given, clients must present a certificate that it vouches for. */
  readonly clientCa?: string;
}

export interface RedisServerSettings {
  readonly port: number;
  readonly tls?: RedisTlsFiles;
  /** Memory for the blobs of all meshes; what was used least recently goes first. */
  readonly maxBytes: number;
  readonly users: readonly RedisUserEntry[];
}

/** All that the adapter sends. Reading begins a blob's time anew. */
const commands = { none: [], reads: ["+getex"], writes: ["+getex", "+set"] } as const;

export function redisUser(mesh: MeshName, service: Service): string {
  return `${mesh}-${service}`;
}

/**
 * One line of a Redis access list: keys of its own mesh, the commands it uses, no channel. The password is kept as a hash.
 * Undefined for a service that has no business in the store.
 */
export function redisAccess({ mesh, service, password }: RedisUserEntry): string | undefined {
  const { blobs } = rightsOf(mesh)[service];
  if (blobs === "none") return undefined;
  const hash = createHash("sha256").update(password).digest("hex");
  return `user ${redisUser(mesh, service)} reset on #${hash} ~${blobPrefix(mesh)}* -@all ${commands[blobs].join(" ")}`;
}

/** The configuration of a Redis that serves these users as a cache and nobody else, and keeps nothing on disk. Ends with a newline. */
export function redisServerConfig({ port, tls, maxBytes, users }: RedisServerSettings): string {
  return [
    ...(tls ? tlsLines(port, tls) : [`port ${port}`]),
    'save ""',
    "appendonly no",
    `maxmemory ${maxBytes}`,
    "maxmemory-policy allkeys-lru",
    "user default reset off",
    ...users.flatMap((user) => redisAccess(user) ?? []),
    "",
  ].join("\n");
}

function tlsLines(port: number, { certificate, key, clientCa }: RedisTlsFiles): readonly string[] {
  const client = clientCa === undefined ? ["tls-auth-clients no"] : [`tls-ca-cert-file ${quoted(clientCa)}`, "tls-auth-clients yes"];
  return ["port 0", `tls-port ${port}`, `tls-cert-file ${quoted(certificate)}`, `tls-key-file ${quoted(key)}`, ...client];
}

/** @throws TypeError for what would end the line or the text. */
function quoted(text: string): string {
  if (!/^[ !#-[\]-~]*$/.test(text)) throw new TypeError("a value for the Redis configuration holds more than printable ASCII, or a quote or backslash");
  return `"${text}"`;
}
