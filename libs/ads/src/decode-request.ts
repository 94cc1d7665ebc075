import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A DeltaDiscoveryRequest without what nobody reads (node metadata and extensions, locators, control plane hints). */
export interface DecodedRequest {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initial: ReadonlyMap<string, string>;
  /** The words of `error_detail`; undefined when there is none. */
  readonly error: string | undefined;
  /** A label, never a proof of who is there. */
  readonly nodeId: string;
}

export type RequestFault = "malformed" | "too-large" | "too-many-names" | "text-too-long";

/** A request that no Envoy sends. The stream it came on is to be closed. */
export class DeltaRequestError extends Error {
  readonly fault: RequestFault;

  constructor(fault: RequestFault, options?: ErrorOptions) {
    super(`delta discovery request: ${fault}`, options);
    this.name = "DeltaRequestError";
    this.fault = fault;
  }
}

export const requestLimits = { bytes: 16 * 1024 * 1024, names: 100_000, text: 4096, errorText: 64 * 1024 } as const;

/** The request under construction. */
interface Draft {
  typeUrl: string;
  nonce: string;
  readonly subscribe: string[];
  readonly unsubscribe: string[];
  readonly initial: Map<string, string>;
  error: string | undefined;
  nodeId: string;
}

/**
 * Reads the fields that decide by hand, and skips the rest unread: an Envoy's first request is some 60 KB of extensions.
 * @throws DeltaRequestError on malformed bytes and past `requestLimits`.
 */
export function decodeDeltaRequest(bytes: Uint8Array): DecodedRequest {
  if (bytes.length > requestLimits.bytes) throw new DeltaRequestError("too-large");
  const draft: Draft = { typeUrl: "", nonce: "", subscribe: [], unsubscribe: [], initial: new Map(), error: undefined, nodeId: "" };
  try {
    eachField(bytes, (reader, field) => readField(reader, field, draft));
  } catch (cause) {
    throw cause instanceof DeltaRequestError ? cause : new DeltaRequestError("malformed", { cause });
  }
  return draft;
}

/** Calls `read` for each length-delimited field; what it leaves unread is skipped. No field we know is of another kind. */
function eachField(bytes: Uint8Array, read: (reader: BinaryReader, field: number) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || !read(reader, field)) reader.skip(wireType, field);
  }
  if (reader.pos !== reader.len) throw new DeltaRequestError("malformed");
}

/** Field numbers of envoy.service.discovery.v3.DeltaDiscoveryRequest. False: not read. */
function readField(reader: BinaryReader, field: number, draft: Draft): boolean {
  switch (field) {
    case 1:
      draft.nodeId = readNodeId(reader.bytes());
      return true;
    case 2:
      draft.typeUrl = readText(reader);
      return true;
    case 3:
      return pushName(draft, draft.subscribe, readText(reader));
    case 4:
      return pushName(draft, draft.unsubscribe, readText(reader));
    case 5:
      return readInitial(reader.bytes(), draft);
    case 6:
      draft.nonce = readText(reader);
      return true;
    case 7:
      draft.error = readStatus(reader.bytes());
      return true;
    default:
      return false;
  }
}

function pushName(draft: Draft, names: string[], name: string): true {
  names.push(name);
  return withinNames(draft);
}

function withinNames({ subscribe, unsubscribe, initial }: Draft): true {
  if (subscribe.length + unsubscribe.length + initial.size > requestLimits.names) throw new DeltaRequestError("too-many-names");
  return true;
}

/** One entry of the map: key = 1, value = 2, either may be missing. */
function readInitial(entry: Uint8Array, draft: Draft): true {
  let name = "";
  let version = "";
  eachField(entry, (reader, field) => {
    if (field === 1) name = readText(reader);
    else if (field === 2) version = readText(reader);
    else return false;
    return true;
  });
  draft.initial.set(name, version);
  return withinNames(draft);
}

/** Node.id is the first field that Envoy writes; what follows is not even walked over. */
function readNodeId(node: Uint8Array): string {
  const reader = new BinaryReader(node);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) return readText(reader);
    reader.skip(wireType, field);
  }
  return "";
}

/** google.rpc.Status: message = 2. An error without words is an error all the same. */
function readStatus(status: Uint8Array): string {
  let message = "";
  eachField(status, (reader, field) => {
    if (field !== 2) return false;
    const bytes = reader.bytes();
    message = lenient.decode(bytes.subarray(0, requestLimits.errorText));
    return true;
  });
  return message;
}

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder("utf-8");

function readText(reader: BinaryReader): string {
  const bytes = reader.bytes();
  if (bytes.length > requestLimits.text) throw new DeltaRequestError("text-too-long");
  return strict.decode(bytes);
}
