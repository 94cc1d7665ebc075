/** A span as a receiver of OTLP says it received it. */
export interface ReceivedSpan {
  readonly service: string;
  /** Which replica of it; empty where it does not say. */
  readonly instance: string;
  readonly name: string;
  readonly traceId: string;
  readonly id: string;
  /** Empty for the first of its trace. */
  readonly parent: string;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Reads the detailed trace log of rotel. A span whose lines are not all there yet is left out. */
export function readSpans(lines: readonly string[]): readonly ReceivedSpan[] {
  const resources = lines.join("\n").split(/^ResourceSpans #\d+$/m).slice(1);
  return resources.flatMap((resource) => {
    const [head = "", ...spans] = resource.split(/^Span #\d+$/m);
    const { "service.name": service = "", "service.instance.id": instance = "" } = attributesIn(head);
    return spans.map((text) => spanIn(text, { service, instance })).filter((span) => span.end > 0n);
  });
}

function spanIn(text: string, from: Pick<ReceivedSpan, "service" | "instance">): ReceivedSpan {
  const field = (name: string): string => new RegExp(`^ *${name} *: *(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
  return {
    ...from,
    name: field("Name"),
    traceId: field("Trace ID"),
    id: field("ID"),
    parent: field("Parent ID"),
    start: BigInt(field("Start time")),
    end: BigInt(field("End time")),
    attributes: attributesIn(text),
  };
}

/** `     -> key: Str(value)` */
function attributesIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/^ *-> ([^:]+): \w+\((.*)\)$/gm)].map(([, key = "", value = ""]) => [key, value]));
}
