import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RealCluster } from "../../cluster/for-tests.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/tutorial.md"), "utf8");

/** The commands below each heading of docs/tutorial.md. */
const sections: ReadonlyMap<string, string> = new Map(
  page.split(/^##+ /m).slice(1).map((text) => [text.slice(0, text.indexOf("\n")), [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block).join("")]),
);

/** Headings with commands, in order. */
export const headings: readonly string[] = [...sections].filter(([, commands]) => commands !== "").map(([heading]) => heading);
const followed = new Set<string>();

/** Runs what the tutorial says below a heading, word for word, and gives what was printed. @throws Error with the complaint */
export async function follow(cluster: RealCluster, heading: string): Promise<string> {
  const commands = sections.get(heading) ?? "";
  if (commands === "") throw new Error(`the tutorial says nothing to type below ${heading}; it does below ${headings.join(", ")}`);
  followed.add(heading);
  return await cluster.shell(commands);
}

/** What no test has typed. */
export function notFollowed(): readonly string[] {
  return headings.filter((heading) => !followed.has(heading));
}
