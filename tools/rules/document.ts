import type { Rule, Section } from "./rules.ts";

/** A scenario, and the rules that it names at its top. */
export interface Shown {
  readonly scenario: string;
  readonly rules: readonly string[];
}

/** What a scenario's input says of itself in the comments before its first line. */
export function rulesNamedIn(input: string): readonly string[] {
  const top = /^(?:#.*\n)*/.exec(input)?.[0] ?? "";
  return [...top.matchAll(/^# rule: (.*)$/gm)].map(([, rule = ""]) => rule.trim());
}

/** The rules as a page: what OSM does, what we do, and the scenarios that show it. */
export function documentOf(sections: readonly Section[], shown: readonly Shown[]): string {
  return `${head(sections)}${sections.map((section) => tableOf(section, shown)).join("")}`;
}

function head(sections: readonly Section[]): string {
  const rules = sections.flatMap((section) => section.rules);
  const alike = rules.filter(({ ours }) => ours === "same").length;
  return `# OSM's rules, and ours

Made of \`libs/compile/scenarios\` by \`npm run gen\`; change \`rules.yaml\` or a scenario there. It covers SMI objects, services, listeners,
routes, access and splits: ${rules.length} rules of OSM 1.2, of which ${alike} hold here as they are. *Trap* marks what a rewrite gets wrong
easily, *bug* a known fault of OSM. Every scenario is a folder with manifests and with what Envoy gets of them; its first lines name its
rules, as \`# rule: <section> <rule>\`.
`;
}

function tableOf({ section, title, rules }: Section, shown: readonly Shown[]): string {
  const rows = rules.map((rule) => `| ${[rule.name, rule.text + markOf(rule), rule.ours, linksOf(rule, shown)].map(cell).join(" | ")} |\n`);
  return `\n## ${section} ${title}\n\n| rule | OSM | here | shown by |\n|---|---|---|---|\n${rows.join("")}`;
}

function markOf({ mark }: Rule): string {
  return mark === undefined ? "" : ` *${mark}*`;
}

function linksOf({ id }: Rule, shown: readonly Shown[]): string {
  const links = shown.filter(({ rules }) => rules.includes(id)).map(({ scenario }) => `[${scenario.replaceAll("-", " ")}](../libs/compile/scenarios/${scenario}/in.yaml)`);
  return links.join("<br>");
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}
