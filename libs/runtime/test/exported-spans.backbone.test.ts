import { openTracer, silentLog } from "@osm/runtime";
import { needs, startOtlpReceiver } from "@osm/testkit";
import { expect, test } from "vitest";

needs("rotel-agent")("spans, as a collector receives them", () => {
  test.each(["http/protobuf", "http/json", "grpc"] as const)("over %s", async (protocol) => {
    await using receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: protocol === "grpc" ? receiver.grpc : receiver.http, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    const tracerOf = (service: string) => openTracer({ service, env: { ...env, OTEL_SERVICE_NAME: service }, log: silentLog });
    await using watcher = await tracerOf("watcher");
    await using xds = await tracerOf("xds");
    const seen = watcher.root("watch.fact", { fields: { kind: "Pod" } });
    xds.span("ads.push", seen.trace).end({ proxies: 3 });
    seen.end();

    const spans = await receiver.until((all) => all.length === 2);
    const [root, push] = [spans.find(({ service }) => service === "watcher"), spans.find(({ service }) => service === "xds")];
    expect(root).toMatchObject({ name: "watch.fact", parent: "", attributes: { kind: "Pod" } });
    expect(push).toMatchObject({ name: "ads.push", parent: root?.id, traceId: root?.traceId, attributes: { proxies: "3" } });
  });
});
