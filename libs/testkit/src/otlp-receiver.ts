import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { programPath } from "./needs.ts";
import { readSpans, type ReceivedSpan } from "./received-spans.ts";

/** A real receiver of OTLP, and what it says it received. Needs "rotel-agent". */
export interface OtlpReceiver extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly http: string;
  readonly grpc: string;
  /** Resolves with all that was received, once the check holds of it. @throws Error when the receiver ends before. */
  until(isEnough: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]>;
}

/** A span of our own, after which all that came before it has been said in full. */
const mark = "mark";

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const [http, grpc] = [await freePort(), await freePort()];
  const home = await mkdtemp(join(tmpdir(), "osm-otlp-"));
  const said = listenTo(http, grpc, home);
  const traces = `http://127.0.0.1:${http}/v1/traces`;
  await eventually(() => fetch(traces, { method: "POST" }));
  const received = () => readSpans(said.lines).filter(({ name }) => name !== mark);
  const marks = () => readSpans(said.lines).filter(({ name }) => name === mark).length;

  return {
    http: `http://127.0.0.1:${http}`,
    grpc: `http://127.0.0.1:${grpc}`,
    until: async (isEnough) => {
      await said.until(() => isEnough(received()));
      const before = marks();
      await fetch(traces, { method: "POST", headers: { "content-type": "application/json" }, body: markedSpan() });
      await said.until(() => marks() > before);
      return received();
    },
    [Symbol.asyncDispose]: async () => {
      await said.end();
      await rm(home, { recursive: true });
    },
  };
}

function listenTo(http: number, grpc: number, home: string) {
  const argv = ["--pid-file", join(home, "pid"), "--otlp-http-endpoint", `127.0.0.1:${http}`, "--otlp-grpc-endpoint", `127.0.0.1:${grpc}`];
  const printing = ["--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed", "--batch-timeout", "20ms"];
  const child = spawn(programPath("rotel-agent"), ["start", ...argv, ...printing], { stdio: ["ignore", "pipe", "inherit"], env: {} });
  const lines: string[] = [];
  let next = Promise.withResolvers<void>();
  let isOver = false;
  const wake = (): void => {
    next.resolve();
    next = Promise.withResolvers();
  };
  const reading = createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  const closed = once(reading, "close").then(() => {
    isOver = true;
    wake();
  });
  return {
    lines,
    until: async (holds: () => boolean): Promise<void> => {
      while (!holds()) {
        if (isOver) throw new Error(`the receiver of traces has ended: ${lines.slice(-3).join(" ")}`);
        await next.promise;
      }
    },
    end: async (): Promise<void> => {
      child.kill("SIGTERM");
      await closed;
    },
  };
}

function markedSpan(): string {
  const span = { traceId: "1".repeat(32), spanId: "1".repeat(16), name: mark, kind: 1, startTimeUnixNano: "1", endTimeUnixNano: "2" };
  return JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [span] }] }] });
}
