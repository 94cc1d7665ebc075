import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

export type RequestFault = "malformed" | "too-large" | "too-many-names" | "text-too-long";

/** A request that no Envoy sends. The stream it came on is to be closed. */
export class DiscoveryRequestError extends Error {
  readonly fault: RequestFault;

  constructor(fault: RequestFault, options?: ErrorOptions) {
    super(`discovery request: ${fault}`, options);
    this.name = "DiscoveryRequestError";
    this.fault = fault;
  }
}

export const requestLimits = { bytes: 16 * 1024 * 1024, names: 100_000, text: 4096, errorText: 64 * 1024 } as const;

/**
 * Runs a decoder on one message.
 * @throws DiscoveryRequestError on malformed bytes and past `requestLimits`.
 */
export function decodeMessage(bytes: Uint8Array, read: (reader: BinaryReader, field: number) => boolean): void {
  if (bytes.length > requestLimits.bytes) throw new DiscoveryRequestError("too-large");
  try {
    eachField(bytes, read);
  } catch (cause) {
    throw cause instanceof DiscoveryRequestError ? cause : new DiscoveryRequestError("malformed", { cause });
  }
}

/** Calls `read` for each length-delimited field; what it leaves unread is skipped. No field we know is of another kind. */
export function eachField(bytes: Uint8Array, read: (reader: BinaryReader, field: number) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || !read(reader, field)) reader.skip(wireType, field);
  }
  if (reader.pos !== reader.len) throw new DiscoveryRequestError("malformed");
}

/** Node.id is the first field that Envoy writes; what follows is not even walked over. */
export function readNodeId(node: Uint8Array): string {
  const reader = new BinaryReader(node);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) return readText(reader);
    reader.skip(wireType, field);
  }
  return "";
}

/** google.rpc.Status: message = 2. An error without words is an error all the same. */
export function readStatus(status: Uint8Array): string {
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

export function readText(reader: BinaryReader): string {
  const bytes = reader.bytes();
  if (bytes.length > requestLimits.text) throw new DiscoveryRequestError("text-too-long");
  return strict.decode(bytes);
}
