/** A dashboard as a person thinks of it: rows of panels, each with its questions to Prometheus. */
export interface Dashboard {
  /** Its file, and the end of its address in Grafana. */
  readonly name: string;
  readonly title: string;
  readonly says: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** What a reader chooses from: the values of a label of a metric, all of them at first. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly of: string;
  readonly metric: string;
  /** What "all" stands for, where it is not everything. */
  readonly all?: string;
}

export type Unit = "reqps" | "percentunit" | "ms" | "s" | "Bps" | "bytes" | "short" | "ops" | "cps" | "dateTimeAsIso";

export interface Panel {
  readonly kind: "lines" | "number";
  readonly title: string;
  /** What it counts, where its title does not say it, and what a reader may do about it. */
  readonly says: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Shows nothing while nothing is wrong. */
  readonly isQuiet: boolean;
}

export interface Query {
  readonly expr: string;
  /** Grafana's name for a line, with `{{label}}`. */
  readonly legend: string;
}

type Look = Partial<Pick<Panel, "says" | "isQuiet">> & Pick<Panel, "unit">;

export function lines(title: string, { says = "", isQuiet = false, unit }: Look, queries: Readonly<Record<string, string>>): Panel {
  return { kind: "lines", title, says, unit, isQuiet, queries: Object.entries(queries).map(([legend, expr]) => ({ legend, expr })) };
}

export function number(title: string, { says = "", isQuiet = false, unit }: Look, expr: string): Panel {
  return { kind: "number", title, says, unit, isQuiet, queries: [{ legend: "", expr }] };
}
