import { create, type DescMessage, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { Document, parse, visit } from "yaml";
import { fromJson, toJson } from "./json.ts";

/** `toJson` as YAML that Envoy reads as it was meant: a text its parser could take for something else is quoted. */
export function toYaml<D extends DescMessage>(schema: D, content: MessageShape<D> | Uint8Array): string {
  const document = new Document(toJson(schema, content), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && !mayStandBare(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** @throws Error when the text is no YAML, or says what the message has no field for. */
export function fromYaml<D extends DescMessage>(schema: D, text: string): MessageShape<D> {
  const json: JsonValue = parse(text);
  return fromJson(schema, json);
}

/** A sealed resource with its `@type`, as it may stand in a list of resources. An unknown type shows its bytes. */
export function resourceYaml(typeUrl: string, bytes: Uint8Array): string {
  return toYaml(AnySchema, create(AnySchema, { typeUrl, value: bytes }));
}

const word = /^[A-Za-z_/][ -~]*$/;
// yaml-cpp knows YAML 1.1's bools; null stands for an empty text there.
const mistakable = /^(y|yes|n|no|on|off|true|false|null|nan|inf)$/i;
const address = /^\d{1,3}(\.\d{1,3}){3}([:/]\d+)?$/;
const duration = /^\d+(\.\d+)?s$/;
// A line of a block that begins or ends with a space does not come back as it was.
const block = /^([!-~]([ -~]*[!-~])?\n)+([!-~]([ -~]*[!-~])?)?$/;

function mayStandBare(text: string): boolean {
  return (word.test(text) && !mistakable.test(text)) || address.test(text) || duration.test(text) || block.test(text);
}
