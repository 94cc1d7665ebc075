import { xdsTypes } from "@osm/model";
import { describe, expect, test } from "vitest";
import { adsServices, requestedType } from "../src/index.ts";
import { playSotw } from "./sotw-table.ts";
import { play } from "./table.ts";

const needs = { "l@1": ["a"], "l@2": ["b"] };
const lone = { alone: true };

describe("the table of services", () => {
  test("has both protocols for the aggregate and for each type, each path once", () => {
    expect(adsServices).toHaveLength(2 * (1 + xdsTypes.length));
    expect(new Set(adsServices.map(({ path }) => path)).size).toBe(adsServices.length);
    expect(adsServices.filter(({ serves }) => serves === "ECDS" || serves === "all")).toEqual([
      { path: "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources", protocol: "delta", serves: "all" },
      { path: "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources", protocol: "sotw", serves: "all" },
      { path: "/envoy.service.extension.v3.ExtensionConfigDiscoveryService/DeltaExtensionConfigs", protocol: "delta", serves: "ECDS" },
      { path: "/envoy.service.extension.v3.ExtensionConfigDiscoveryService/StreamExtensionConfigs", protocol: "sotw", serves: "ECDS" },
    ]);
  });

  test("tells what a request is about, and what it may not be about", () => {
    const url = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    const typeOf = (path: string, typeUrl: string) => adsServices.filter((each) => each.path.endsWith(path)).map((each) => requestedType(each, typeUrl));
    expect(typeOf("/DeltaClusters", url)).toEqual(["CDS"]);
    expect(typeOf("/StreamClusters", "")).toEqual(["CDS"]);
    expect(typeOf("/StreamListeners", url)).toEqual([undefined]);
    expect(typeOf("/DeltaAggregatedResources", url)).toEqual(["CDS"]);
    expect(typeOf("/DeltaAggregatedResources", "")).toEqual([undefined]);
    expect(typeOf("/DeltaAggregatedResources", "type.googleapis.com/unheard.Of")).toEqual([undefined]);
  });
});

describe("a stream of one type", () => {
  test("sends listeners without waiting for clusters that it knows nothing of", () => {
    const versions = { CDS: { a: "1", b: "1" }, LDS: { l: "1" } };
    const table = play(versions, needs, lone);
    expect(table.ask("LDS")).toEqual(["LDS +l@1"]);
    expect(table.ack("LDS")).toEqual([]);
    expect(table.move({ ...versions, LDS: { l: "2" } })).toEqual(["LDS +l@2"]);
    expect(play(versions, needs).ask("LDS")).toEqual([]);
  });

  test("removes clusters at once, in both protocols", () => {
    const delta = play({ CDS: { a: "1", b: "1" } }, needs, lone);
    delta.ask("CDS");
    delta.ack("CDS");
    expect(delta.move({ CDS: { b: "1" } })).toEqual(["CDS -a"]);
    const sotw = playSotw({ versions: { CDS: { a: "1", b: "1" } }, ...lone });
    sotw.ask("CDS");
    sotw.ack("CDS");
    expect(sotw.move({ CDS: { b: "1" } })).toEqual(["CDS b@1"]);
  });

  test("never takes away assignments, filters, routes or secrets that are held", () => {
    for (const type of ["EDS", "ECDS", "RDS", "SDS"] as const) {
      const table = play({ [type]: { x: "1" } }, {}, lone);
      expect(table.ask(type, { subscribe: ["x"] })).toEqual([`${type} +x@1`]);
      table.ack(type);
      expect(table.move({})).toEqual([]);
      expect(table.isSettled()).toBe(true);
    }
  });

  test("finds who is guilty, and keeps the rest going", () => {
    const table = play({ CDS: { a: "1", b: "1" } }, {}, lone);
    table.ask("CDS");
    expect(table.nack("CDS", "a: no")).toEqual(["CDS +b@1"]);
    expect(table.answers()).toMatchObject([{ guilty: [{ name: "a" }] }]);
    expect(table.ack("CDS")).toEqual([]);
  });
});
