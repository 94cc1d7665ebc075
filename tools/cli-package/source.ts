import { runTool } from "../images/run-tool.ts";

/** What a program is built from. */
export interface Source {
  /** With `-changed` where the tree has changes of its own. */
  readonly commit: string;
  /** `SOURCE_DATE_EPOCH`, else the commit's: the same source makes the same bytes at any time. */
  readonly date: string;
}

/** Undefined outside of a checkout. */
export async function sourceOf(tree: string, env: Readonly<Record<string, string | undefined>> = process.env): Promise<Source | undefined> {
  // Asking changes nothing in the checkout, not even its index.
  const git = async (...args: readonly string[]) => (await runTool("git", ["--no-optional-locks", "-C", tree, ...args])).trim();
  const commit = await git("rev-parse", "--short=12", "HEAD").catch(() => undefined);
  if (commit === undefined) return undefined;
  const isChanged = (await git("status", "--porcelain")) !== "";
  const seconds = Number(env["SOURCE_DATE_EPOCH"] ?? (await git("log", "-1", "--format=%ct")));
  return { commit: isChanged ? `${commit}-changed` : commit, date: new Date(seconds * 1000).toISOString() };
}
