import { readFileSync } from "node:fs";
import { join } from "node:path";
import { top } from "../images/places.ts";

/** A page of docs whose commands a test types. */
export interface DocsPage {
  /** Headings with commands, in order. */
  readonly headings: readonly string[];
  /** What stands there to be typed, from now on typed. @throws Error for a heading without commands */
  readonly typed: (heading: string) => string;
  /** What no test has typed. */
  readonly notTyped: () => readonly string[];
  /** What is shown below a heading and not typed, line by line. */
  readonly shown: (heading: string) => readonly string[];
}

/** @param name below docs */
export function docsPage(name: string): DocsPage {
  const page = readFileSync(join(top, "docs", name), "utf8");
  const sections = new Map(page.split(/^##+ /m).slice(1).map((text) => [text.slice(0, text.indexOf("\n")), text]));
  const commandsBelow = (heading: string) => blocks(sections.get(heading) ?? "", "sh").join("");
  const headings = [...sections.keys()].filter((heading) => commandsBelow(heading) !== "");
  const typed = new Set<string>();
  return {
    headings,
    typed: (heading) => {
      if (!headings.includes(heading)) throw new Error(`docs/${name} says nothing to type below ${heading}; it does below ${headings.join(", ")}`);
      typed.add(heading);
      return commandsBelow(heading);
    },
    notTyped: () => headings.filter((heading) => !typed.has(heading)),
    shown: (heading) => blocks(sections.get(heading) ?? "", "text").join("").trim().split("\n"),
  };
}

function blocks(section: string, language: string): readonly string[] {
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);
}
