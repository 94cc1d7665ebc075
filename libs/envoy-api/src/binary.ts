import {
  create,
  fromBinary,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { AnySchema, type Any } from "@bufbuild/protobuf/wkt";
import { canonical, isCanonical } from "./canonical.ts";

/** The wire bytes of a message. Equal content gives equal bytes, whatever order its maps were filled in. */
export function encode<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Uint8Array<ArrayBuffer> {
  const message = create(schema, init);
  return toBinary(schema, isCanonical(message) ? message : canonical(schema, message, (any) => any));
}

/** @throws Error when the bytes are no message of that type. Fields of a newer Envoy are kept. */
export function decode<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  return fromBinary(schema, bytes);
}

/** The message in an Any, with the bytes `encode` gives. */
export function packAny<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Any {
  return create(AnySchema, { typeUrl: typeUrlOf(schema), value: encode(schema, init) });
}

/** How Envoy names a type in an Any and in a discovery request. */
export function typeUrlOf(schema: DescMessage): string {
  return `type.googleapis.com/${schema.typeName}`;
}
