import type { MeshName } from "@osm/model";
import { streamOf, type Service } from "@osm/wire";
import { natsPermissions, natsUser } from "./permissions.ts";

export interface NatsUserEntry {
  readonly service: Service;
  /** As it is, or (better, for whoever reads the file) its bcrypt hash. */
  readonly password: string;
}

/** A mesh on the server: an account of its own, which sees no other. */
export interface NatsMesh {
  readonly mesh: MeshName;
  readonly users: readonly NatsUserEntry[];
  /** What its stream may take on disk; the `maxBytes` of its bus URL is at most this. */
  readonly maxDiskBytes: number;
}

/** Files, as the server will find them. */
export interface NatsTlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Where it is given, clients must present a certificate that it vouches for. */
  readonly clientCa?: string;
}

export interface NatsServerSettings {
  readonly listen: string;
  readonly tls?: NatsTlsFiles;
  readonly storeDir: string;
  /** Disk for all meshes together. */
  readonly maxDiskBytes: number;
  readonly meshes: readonly NatsMesh[];
}

/** A little above the largest payload of a bus, for headers. */
const maxPayload = 1_048_576;
/** Memory of an account for what its consumers have to remember. */
const consumerBytes = 67_108_864;
/** A responder has so long to answer. */
const answerWithin = "1m";

/**
 * The configuration of a nats-server that serves these meshes and nobody else: no user, no entry. Per mesh one account with
 * its own room on disk and one stream; per service one user with the least rights. Ends with a newline.
 */
export function natsServerConfig({ listen, tls, storeDir, maxDiskBytes, meshes }: NatsServerSettings): string {
  return [
    `listen: ${quoted(listen)}`,
    `max_payload: ${maxPayload}`,
    ...(tls ? tlsBlock(tls) : []),
    `jetstream { store_dir: ${quoted(storeDir)}, max_file_store: ${maxDiskBytes}, max_memory_store: ${consumerBytes * meshes.length} }`,
    "accounts {",
    ...meshes.flatMap(accountBlock),
    "}",
    "",
  ].join("\n");
}

function tlsBlock({ certificate, key, clientCa }: NatsTlsFiles): readonly string[] {
  const client = clientCa === undefined ? [] : [`  ca_file: ${quoted(clientCa)}`, "  verify: true"];
  return ["tls {", `  cert_file: ${quoted(certificate)}`, `  key_file: ${quoted(key)}`, ...client, "}"];
}

function accountBlock({ mesh, users, maxDiskBytes }: NatsMesh): readonly string[] {
  return [
    `  ${quoted(streamOf(mesh).name)} {`,
    `    jetstream { max_disk: ${maxDiskBytes}, max_memory: ${consumerBytes}, max_streams: 1 }`,
    "    users: [",
    ...users.flatMap((user) => userBlock(mesh, user)),
    "    ]",
    "  }",
  ];
}

function userBlock(mesh: MeshName, { service, password }: NatsUserEntry): readonly string[] {
  const { publish, subscribe, mayAnswer } = natsPermissions(mesh, service);
  const answering = mayAnswer ? [`        allow_responses: { max: 1, expires: "${answerWithin}" }`] : [];
  return [
    `      { user: ${quoted(natsUser(mesh, service))}, password: ${quoted(password)}, permissions: {`,
    `        publish: { ${allowing(publish)} }`,
    `        subscribe: { ${allowing(subscribe)} }`,
    ...answering,
    "      } }",
  ];
}

function allowing(subjects: readonly string[]): string {
  // An empty list would allow everything.
  return subjects.length === 0 ? 'deny: [">"]' : `allow: [${subjects.map(quoted).join(", ")}]`;
}

/** @throws TypeError for what the server's configuration language could read as more than text. */
function quoted(text: string): string {
  if (!/^[ !#-[\]-~]*$/.test(text)) throw new TypeError("a value for the NATS configuration holds more than printable ASCII, or a quote or backslash");
  return `"${text}"`;
}
