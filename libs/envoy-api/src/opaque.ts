import { create, createFileRegistry, fromBinary, type DescMessage, type Registry } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  BytesValueSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { registry } from "./registry.ts";

/**
 * Knows every type: one that is not generated passes for a message with one field, `value`, that holds its bytes.
 * The field is required, so that a misspelt type with other fields or none is refused when it is read.
 */
export const openRegistry: Registry = Object.assign({}, registry, {
  getMessage: (typeName: string) => registry.getMessage(typeName) ?? opaqueSchema(typeName),
});

/** The bytes of an unknown type, as bytes of the message it passes for. */
export function conceal(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(value).finish();
}

export function reveal(bytes: Uint8Array): Uint8Array {
  return fromBinary(BytesValueSchema, bytes).value;
}

function opaqueSchema(typeName: string): DescMessage | undefined {
  const dot = typeName.lastIndexOf(".");
  const value = { name: "value", number: 1, type: Type.BYTES, label: Label.REQUIRED };
  const file = create(FileDescriptorProtoSchema, {
    name: `${typeName}.proto`,
    syntax: "proto2",
    package: typeName.slice(0, Math.max(dot, 0)),
    messageType: [{ name: typeName.slice(dot + 1), field: [value] }],
  });
  return createFileRegistry(file, () => undefined).getMessage(typeName);
}
