import type { RealCluster } from "../../cluster/for-tests.ts";
import { docsPage } from "../docs-page.ts";

const page = docsPage("tutorial.md");

export const headings = page.headings;
/** What no test has typed. */
export const notFollowed = page.notTyped;

/** Runs what the tutorial says below a heading, word for word, and gives what was printed. @throws Error with the complaint */
export async function follow(cluster: RealCluster, heading: string): Promise<string> {
  return await cluster.shell(page.typed(heading));
}
