import { splitDocuments } from "../../libs/intake/src/manifests.ts";

/** One thing that OSM does, and what we do. */
export interface Rule {
  /** `<section> <rule>`, as scenarios name it. */
  readonly id: string;
  readonly name: string;
  readonly mark: "trap" | "bug" | undefined;
  readonly text: string;
  readonly ours: string;
}

export interface Section {
  readonly section: string;
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** The sections of rules.yaml. @throws Error for a field that is missing or is no text, and for a rule that is there twice. */
export function readSections(text: string): readonly Section[] {
  const documents = splitDocuments(text);
  if (documents.kind === "broken") throw new Error(`rules.yaml, line ${documents.line}: ${documents.reason}`);
  const sections = documents.objects.map(sectionOf);
  const ids = sections.flatMap(({ rules }) => rules.map(({ id }) => id));
  const twice = ids.find((id, at) => ids.indexOf(id) < at);
  if (twice !== undefined) throw new Error(`rule is there twice: ${twice}`);
  return sections;
}

function sectionOf(object: unknown): Section {
  const section = textOf(object, "section");
  const rules = fieldOf(object, "rules");
  if (!Array.isArray(rules)) throw new Error(`section without rules: ${section}`);
  return { section, title: textOf(object, "title"), rules: rules.map((rule) => ruleOf(section, rule)) };
}

function ruleOf(section: string, object: unknown): Rule {
  const name = textOf(object, "rule");
  return { id: `${section} ${name}`, name, mark: markOf(object), text: textOf(object, "text"), ours: oursOf(object) };
}

function markOf(object: unknown): Rule["mark"] {
  const mark = fieldOf(object, "mark");
  if (mark === undefined || mark === "trap" || mark === "bug") return mark;
  throw new Error(`unknown mark: ${JSON.stringify(mark)}`);
}

/** Either the same, or different with the reason. */
function oursOf(object: unknown): string {
  const ours = textOf(object, "ours");
  if (ours === "same" || /^different( in one point)?: \S/.test(ours)) return ours;
  throw new Error(`neither the same nor different for a reason: ${ours}`);
}

function textOf(object: unknown, key: string): string {
  const text = fieldOf(object, key);
  if (typeof text !== "string" || text === "") throw new Error(`no ${key} in ${JSON.stringify(object)}`);
  return text;
}

function fieldOf(object: unknown, key: string): unknown {
  return typeof object === "object" && object !== null ? Reflect.get(object, key) : undefined;
}
