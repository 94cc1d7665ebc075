const gap = "   ";

/** Columns as wide as their widest cell, as kubectl prints them. */
export function tableOf(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.toUpperCase()), ...rows];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? "").length)));
  return lines.map((line) => widths.map((width, at) => (line[at] ?? "").padEnd(width)).join(gap).trimEnd()).join("\n");
}
