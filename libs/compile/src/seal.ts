import { encode } from "@osm/envoy-api";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { digestOf, distinct, type Resource, type XdsType } from "@osm/model";

interface Draft<D extends DescMessage> {
  readonly type: XdsType;
  readonly name: string;
  readonly schema: D;
  readonly content: MessageInitShape<D>;
  /** Clusters it leads to; of a cluster, the assignment it takes its endpoints from. */
  readonly needs?: readonly string[];
}

/** Encodes a resource once and for all; its digest is its version. */
export function seal<D extends DescMessage>({ type, name, schema, content, needs = [] }: Draft<D>): Resource {
  const bytes = encode(schema, content);
  return { type, name, digest: digestOf(bytes), bytes, needs: distinct(needs) };
}
