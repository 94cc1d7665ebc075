import type { DeltaDiscoveryRequest, DiscoveryRequest } from "@osm/envoy-api";
import { DeltaDiscoveryRequestSchema, DeltaDiscoveryResponseSchema, DiscoveryRequestSchema, DiscoveryResponseSchema, NodeSchema, StatusSchema } from "@osm/envoy-api";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf, DiscoveryRequestError, decodeDeltaRequest, decodeSotwRequest, deltaResponse, requestLimits, sealResource, sotwResponse, unnamed } from "../src/index.ts";

const typeUrl = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const bytesOf = (request: Partial<Omit<DeltaDiscoveryRequest, "$typeName" | "$unknown">>): Uint8Array =>
  toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, request));

function faultOf(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown = decodeDeltaRequest): string {
  try {
    decode(bytes);
    return "none";
  } catch (error) {
    return error instanceof DiscoveryRequestError ? error.fault : "untyped";
  }
}

describe("a request", () => {
  test("is read as the generated code writes it", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 });
    fc.assert(
      fc.property(
        fc.record({ typeUrl: text, responseNonce: text, resourceNamesSubscribe: fc.array(text), resourceNamesUnsubscribe: fc.array(text) }),
        fc.dictionary(text, text),
        fc.option(fc.record({ code: fc.nat(), message: text }), { nil: undefined }),
        (fields, initialResourceVersions, errorDetail) => {
          const status = errorDetail && { errorDetail: create(StatusSchema, errorDetail) };
          const node = { id: "pod-1", cluster: "mesh" };
          const bytes = toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, { ...fields, initialResourceVersions, node, ...status }));
          const again = fromBinary(DeltaDiscoveryRequestSchema, bytes);
          expect(decodeDeltaRequest(bytes)).toEqual({
            typeUrl: again.typeUrl,
            nonce: again.responseNonce,
            subscribe: again.resourceNamesSubscribe,
            unsubscribe: again.resourceNamesUnsubscribe,
            initial: new Map(Object.entries(again.initialResourceVersions)),
            error: again.errorDetail?.message,
            nodeId: "pod-1",
          });
        },
      ),
    );
  });

  test("may carry extensions and locators, which are not read", () => {
    const extensions = Array.from({ length: 900 }, (_, index) => ({ name: `envoy.filters.http.some_extension_${index}`, category: "envoy.filters.http" }));
    const locators = create(DeltaDiscoveryRequestSchema, { resourceLocatorsSubscribe: [{ name: "xdstp://x" }] });
    const bytes = bytesOf({
      ...locators,
      typeUrl,
      node: create(NodeSchema, { id: "pod-1", extensions }),
    });
    expect(bytes.length).toBeGreaterThan(50_000);
    expect(decodeDeltaRequest(bytes)).toMatchObject({ typeUrl, nodeId: "pod-1", subscribe: [] });
  });

  test("that is an error without words is an error", () => {
    expect(decodeDeltaRequest(bytesOf({ errorDetail: create(StatusSchema, { code: 13 }) })).error).toBe("");
    expect(decodeDeltaRequest(new Uint8Array()).error).toBeUndefined();
  });

  test("is refused past the limits", () => {
    const tooMany = Array.from({ length: requestLimits.names + 1 }, () => "n");
    expect(faultOf(new Uint8Array(requestLimits.bytes + 1))).toBe("too-large");
    expect(faultOf(bytesOf({ resourceNamesSubscribe: tooMany }))).toBe("too-many-names");
    expect(faultOf(bytesOf({ resourceNamesUnsubscribe: ["n".repeat(requestLimits.text + 1)] }))).toBe("text-too-long");
    expect(faultOf(bytesOf({ initialResourceVersions: { n: "v".repeat(requestLimits.text + 1) } }))).toBe("text-too-long");
    expect(faultOf(bytesOf({ resourceNamesSubscribe: ["n".repeat(requestLimits.text)] }))).toBe("none");
  });

  test("that is cut off is malformed wherever a field is torn", () => {
    const bytes = bytesOf({ typeUrl, resourceNamesSubscribe: ["a-name"] });
    expect([1, 5, bytes.length - 1].map((length) => faultOf(bytes.subarray(0, length)))).toEqual(["malformed", "malformed", "malformed"]);
  });

  test("of any bytes is read or refused with a fault of its own", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(faultOf(bytes)).not.toBe("untyped");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a response", () => {
  test("is read by the generated code as it was put together", () => {
    const sealed = ["a", "b"].map((name) => sealResource({ typeUrl, name, version: `v-${name}`, bytes: new TextEncoder().encode(`cluster ${name}`) }));
    const bytes = Buffer.concat(deltaResponse({ typeUrl, nonce: "7", sealed, removed: ["gone", "ghé"], systemVersion: "s1" }));
    const response = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    expect(response).toMatchObject({ typeUrl, nonce: "7", removedResources: ["gone", "ghé"], systemVersionInfo: "s1" });
    expect(response.resources.map(({ name, version }) => [name, version])).toEqual([["a", "v-a"], ["b", "v-b"]]);
    expect(response.resources.map(({ resource }) => [resource?.typeUrl, new TextDecoder().decode(resource?.value)])).toEqual([
      [typeUrl, "cluster a"],
      [typeUrl, "cluster b"],
    ]);
  });

  test("may be empty, and may hold an empty resource", () => {
    const empty = sealResource({ typeUrl, name: "e", version: "1", bytes: new Uint8Array() });
    expect(fromBinary(DeltaDiscoveryResponseSchema, Buffer.concat(deltaResponse({ typeUrl, nonce: "1", sealed: [], removed: [] }))).resources).toEqual([]);
    expect(fromBinary(DeltaDiscoveryResponseSchema, Buffer.concat(deltaResponse({ typeUrl, nonce: "1", sealed: [empty], removed: [] }))).resources[0]?.name).toBe("e");
  });
});

const sotwBytesOf = (request: Partial<Omit<DiscoveryRequest, "$typeName" | "$unknown">>): Uint8Array =>
  toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, request));

describe("a state-of-the-world request", () => {
  test("is read as the generated code writes it", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 });
    fc.assert(
      fc.property(
        fc.record({ typeUrl: text, responseNonce: text, versionInfo: text, resourceNames: fc.array(text) }),
        fc.option(fc.record({ code: fc.nat(), message: text }), { nil: undefined }),
        (fields, errorDetail) => {
          const status = errorDetail && { errorDetail: create(StatusSchema, errorDetail) };
          const bytes = sotwBytesOf({ ...fields, node: create(NodeSchema, { id: "pod-1" }), ...status });
          const again = fromBinary(DiscoveryRequestSchema, bytes);
          expect(decodeSotwRequest(bytes)).toEqual({
            typeUrl: again.typeUrl,
            nonce: again.responseNonce,
            version: again.versionInfo,
            names: again.resourceNames,
            error: again.errorDetail?.message,
            nodeId: "pod-1",
          });
        },
      ),
    );
  });

  test("is refused past the limits and when it is torn", () => {
    const fault = (bytes: Uint8Array): string => faultOf(bytes, decodeSotwRequest);
    expect(fault(sotwBytesOf({ resourceNames: Array.from({ length: requestLimits.names + 1 }, () => "n") }))).toBe("too-many-names");
    expect(fault(sotwBytesOf({ versionInfo: "v".repeat(requestLimits.text + 1) }))).toBe("text-too-long");
    expect(fault(sotwBytesOf({ typeUrl, resourceNames: ["a-name"] }).subarray(0, 9))).toBe("malformed");
  });
});

describe("a state-of-the-world response", () => {
  test("is read by the generated code as it was put together of sealed resources", () => {
    const resources = ["a", "b"].map((name) => unnamed(sealResource({ typeUrl, name, version: "1", bytes: new TextEncoder().encode(`cluster ${name}`) })));
    const response = fromBinary(DiscoveryResponseSchema, Buffer.concat(sotwResponse({ typeUrl, nonce: "7", version: "v", resources })));
    expect(response).toMatchObject({ typeUrl, nonce: "7", versionInfo: "v" });
    expect(response.resources.map((any) => [any.typeUrl, new TextDecoder().decode(any.value)])).toEqual([
      [typeUrl, "cluster a"],
      [typeUrl, "cluster b"],
    ]);
  });

  test("cannot be made of bytes that are not sealed", () => {
    expect(() => unnamed(new Uint8Array([18, 0]))).toThrow(RangeError);
    expect(() => contentOf(new Uint8Array([18, 0]))).toThrow(RangeError);
  });
});

test("what was sealed can be had again, of any length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect([...contentOf(sealResource({ typeUrl, name: "a", version: "1", bytes }))]).toEqual([...bytes]);
    }),
    { numRuns: 200 },
  );
});
