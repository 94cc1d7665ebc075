import type { ReceivedSpan } from "@osm/testkit";

/** The spans of one trace as people read them: what followed from what, where, when (ms from its beginning) and for how long. */
export function traceTree(spans: readonly ReceivedSpan[]): string {
  const inOrder = spans.toSorted((a, b) => Number(a.start - b.start));
  const [first] = inOrder;
  if (first === undefined) return "";
  const branch = (span: ReceivedSpan, indent: string): readonly string[] => {
    const below = inOrder.filter(({ parent }) => parent === span.id);
    return [lineOf(span, first.start, indent), ...below.flatMap((child) => branch(child, `${indent}  `))];
  };
  const ids = new Set(spans.map(({ id }) => id));
  return inOrder.filter(({ parent }) => !ids.has(parent)).flatMap((root) => branch(root, "")).join("\n");
}

function lineOf({ name, service, instance, start, end, attributes }: ReceivedSpan, origin: bigint, indent: string): string {
  const facts = Object.entries(attributes).map(([key, value]) => `${key}=${value}`).join(" ");
  const who = instance === "" ? service : `${service} ${instance}`;
  return `${msOf(start - origin).padStart(7)} +${msOf(end - start).padStart(6)} ms  ${`${indent}${name}`.padEnd(26)} ${who.padEnd(24)} ${facts}`.trimEnd();
}

function msOf(nanoseconds: bigint): string {
  return (Number(nanoseconds) / 1e6).toFixed(1);
}
