import { Option } from "commander";
import { stringify } from "yaml";
import { z } from "zod";
import { tableOf } from "./table.ts";

export const outputFormat = z.enum(["table", "json", "yaml"]).default("table");
export type OutputFormat = z.output<typeof outputFormat>;

export function outputOption(): Option {
  return new Option("-o, --output <form>", "form of the answer").choices(["table", "json", "yaml"]).default("table");
}

/** An answer for people, and the same for programs. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Stands in place of a table without rows. */
  readonly empty: string;
  readonly value: unknown;
}

export function printed(format: OutputFormat, { columns, rows, empty, value }: Answer): string {
  switch (format) {
    case "table":
      return rows.length === 0 ? empty : tableOf(columns, rows);
    case "json":
      return JSON.stringify(value, undefined, 2);
    case "yaml":
      return stringify(value).trimEnd();
  }
}
