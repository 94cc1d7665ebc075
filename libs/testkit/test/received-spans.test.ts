import { expect, test } from "vitest";
import { readSpans } from "../src/received-spans.ts";

const log = `starting
ResourceSpans #0
Resource attributes:
     -> service.name: Str(osm-watcher)
     -> service.instance.id: Str(watcher-0)
ScopeSpans #0
InstrumentationScope osm 
Span #0
    Trace ID       : 4bf92f3577b34da6a3ce929d0e0e4736
    Parent ID      : 
    ID             : 00f067aa0ba902b7
    Name           : watch.fact
    Kind           : SPAN_KIND_INTERNAL
Start time: 1795342938886000000
End time: 1795342938937000000
    Status message : 
Attributes:
     -> ref: Str(Pod/a/b)
     -> revision: Int(7)
Span #1
    Trace ID       : 4bf92f3577b34da6a3ce929d0e0e4736
    Parent ID      : 00f067aa0ba902b7
    ID             : 25520a6d184892e3
    Name           : compile.fold
Start time: 1795342938938000000
End time: 1795342938938360277
ResourceSpans #0
     -> service.name: Str(osm-compiler)
Span #0
    Trace ID       : 4bf92f3577b34da6a3ce929d0e0e4736`.split("\n");

test("spans are read from what the receiver prints, with the service and the replica they are of; one that is half said is not", () => {
  const common = { service: "osm-watcher", instance: "watcher-0", traceId: "4bf92f3577b34da6a3ce929d0e0e4736" };
  expect(readSpans(log)).toEqual([
    {
      ...common, name: "watch.fact", id: "00f067aa0ba902b7", parent: "", start: 1795342938886000000n, end: 1795342938937000000n,
      attributes: { ref: "Pod/a/b", revision: "7" },
    },
    { ...common, name: "compile.fold", id: "25520a6d184892e3", parent: "00f067aa0ba902b7", start: 1795342938938000000n, end: 1795342938938360277n, attributes: {} },
  ]);
  expect(readSpans([])).toEqual([]);
});
