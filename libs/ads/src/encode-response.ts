import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** What a resource is sent as. */
export interface SealInput {
  readonly typeUrl: string;
  readonly name: string;
  readonly version: string;
  /** The serialized message itself. */
  readonly bytes: Uint8Array;
}

/**
 * A resource as it stands in every response: field 2 of DeltaDiscoveryResponse with its Resource. Made once, then only
 * copied.
 */
export function sealResource({ typeUrl, name, version, bytes }: SealInput): Uint8Array {
  const any = new BinaryWriter();
  text(any, 1, typeUrl);
  lengthDelimited(any, 2).bytes(bytes);
  const resource = new BinaryWriter();
  text(resource, 1, version);
  lengthDelimited(resource, 2).bytes(any.finish());
  text(resource, 3, name);
  return lengthDelimited(new BinaryWriter(), 2).bytes(resource.finish()).finish();
}

export interface ResponseInput {
  readonly typeUrl: string;
  readonly nonce: string;
  /** Made by `sealResource`. */
  readonly sealed: readonly Uint8Array[];
  readonly removed: readonly string[];
  /** For people who read Envoy's config dump. */
  readonly systemVersion?: string;
}

/** A DeltaDiscoveryResponse, in parts that are one behind the other its bytes: the sealed resources are not looked into. */
export function deltaResponse({ typeUrl, nonce, sealed, removed, systemVersion = "" }: ResponseInput): readonly Uint8Array[] {
  if (systemVersion !== "") text(head, 1, systemVersion);
  text(head, 5, nonce);
  for (const name of removed) text(head, 6, name);
  return [typeUrlField(typeUrl), head.finish(), ...sealed];
}

/** Of what differs between the streams. It keeps its room from one response to the next. */
const head = new BinaryWriter();
/** The same in every response of a type. */
const typeUrlFields = new Map<string, Uint8Array>();

function typeUrlField(typeUrl: string): Uint8Array {
  const field = typeUrlFields.get(typeUrl) ?? lengthDelimited(new BinaryWriter(), 4).string(typeUrl).finish();
  typeUrlFields.set(typeUrl, field);
  return field;
}

/**
 * A resource as it stands in a state-of-the-world response, taken from what `sealResource` made: the same bytes without
 * name and version, of which that protocol has none.
 * @throws RangeError when the argument is not a sealed resource.
 */
export function unnamed(sealed: Uint8Array): Uint8Array {
  return lengthDelimited(new BinaryWriter(), 2).bytes(secondField(secondField(sealed))).finish();
}

/**
 * The serialized message that `sealResource` was given.
 * @throws RangeError when the argument is not a sealed resource.
 */
export function contentOf(sealed: Uint8Array): Uint8Array {
  return secondField(secondField(secondField(sealed)));
}

/** Response, Resource and Any alike hold what they are about in their second field. */
function secondField(message: Uint8Array): Uint8Array {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2 && wireType === WireType.LengthDelimited) return reader.bytes();
    reader.skip(wireType, field);
  }
  throw new RangeError("not a sealed resource");
}

export interface SotwResponseInput {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly version: string;
  /** Made by `unnamed`. */
  readonly resources: readonly Uint8Array[];
}

/** A DiscoveryResponse, in parts. */
export function sotwResponse({ typeUrl, nonce, version, resources }: SotwResponseInput): readonly Uint8Array[] {
  text(head, 1, version);
  text(head, 5, nonce);
  return [typeUrlField(typeUrl), head.finish(), ...resources];
}

function text(writer: BinaryWriter, field: number, value: string): void {
  lengthDelimited(writer, field).string(value);
}

function lengthDelimited(writer: BinaryWriter, field: number): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited);
}
