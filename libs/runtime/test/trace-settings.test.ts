import { describe, expect, test } from "vitest";
import { readTraceSettings } from "../src/trace-settings.ts";

const read = (env: Readonly<Record<string, string>>) => readTraceSettings({ service: "ca", version: "2", env });
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

describe("tracing is off", () => {
  test.each([
    {}, { OTEL_SERVICE_NAME: "ca" }, { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, { OTEL_EXPORTER_OTLP_ENDPOINT: " " },
    { ...endpoint, OTEL_SDK_DISABLED: "true" }, { ...endpoint, OTEL_SDK_DISABLED: "TRUE" }, { ...endpoint, OTEL_TRACES_EXPORTER: "none" },
  ])("with %j", (env) => {
    expect(read(env)).toEqual({ settings: undefined, bad: [] });
  });
  test.each([{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, { OTEL_EXPORTER_OTLP_ENDPOINT: "user:hunter2@collector" }])("with an endpoint that is none", (env) => {
    expect(read(env)).toEqual({ settings: undefined, bad: ["OTEL_EXPORTER_OTLP_ENDPOINT"] });
  });
});

describe("tracing is on", () => {
  test("with an endpoint, and needs no more", () => {
    expect(read(endpoint)).toEqual({
      bad: [],
      settings: {
        url: "http://collector:4318/v1/traces",
        protocol: "http/protobuf",
        sendMs: 10_000,
        resource: { "service.name": "osm-ca", "service.version": "2" },
        sampler: { name: "parentbased_always_on", ratio: 1 },
        queue: { size: 2048, batch: 512, delayMs: 1000, timeoutMs: 30_000 },
      },
    });
  });
  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c/base/" }, "http://c/base/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c/own", OTEL_EXPORTER_OTLP_ENDPOINT: "http://d" }, "http://c/own"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "http://c:4317"],
  ])("towards %j", (env, url) => {
    expect(read(env).settings?.url).toBe(url);
  });
  test("with the name of the replica, unless another is given", () => {
    expect(read({ ...endpoint, OSM_REPLICA: "xds-0" }).settings?.resource).toMatchObject({ "service.instance.id": "xds-0" });
    expect(read({ ...endpoint, OSM_REPLICA: "xds-0", OTEL_RESOURCE_ATTRIBUTES: "service.instance.id=mine" }).settings?.resource).toMatchObject({ "service.instance.id": "mine" });
  });
  test("as the standard's other variables say", () => {
    const { settings, bad } = read({
      ...endpoint,
      OTEL_SERVICE_NAME: "mine", OTEL_RESOURCE_ATTRIBUTES: "k8s.namespace.name=osm-system,note=a%20b%2Cc,service.name=theirs,broken,=x,odd=%zz",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25",
      OTEL_BSP_MAX_QUEUE_SIZE: "100", OTEL_BSP_SCHEDULE_DELAY: "50",
    });
    expect(bad).toEqual([]);
    expect(settings).toMatchObject({
      protocol: "http/json",
      resource: { "service.name": "mine", "k8s.namespace.name": "osm-system", note: "a b,c", odd: "%zz" },
      sampler: { name: "parentbased_traceidratio", ratio: 0.25 },
      queue: { size: 100, batch: 100, delayMs: 50 },
    });
  });
  test("though variables say what they may not: those count as not set, and are named", () => {
    const { settings, bad } = read({
      ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "carrier-pigeon", OTEL_TRACES_SAMPLER: "some", OTEL_TRACES_SAMPLER_ARG: "2", OTEL_BSP_MAX_QUEUE_SIZE: "0",
    });
    expect(settings).toMatchObject({ protocol: "http/protobuf", sampler: { name: "parentbased_always_on", ratio: 1 }, queue: { size: 2048 } });
    expect(bad.toSorted()).toEqual(["OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"]);
  });
});
