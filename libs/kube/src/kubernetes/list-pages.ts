import type { KubeApi } from "./kube-api.ts";
import { isExpired, isRecord, KubeError } from "./kube-error.ts";
import { pathOfKind, type ServedKind } from "./served.ts";
import { metaOf, partOf, trimmed } from "./watched-object.ts";

export interface Page {
  readonly objects: readonly unknown[];
  /** How far one has seen once the last page is taken in. */
  readonly at: string;
  /** The list begins with this page, whatever came before it. */
  readonly begins: boolean;
}

export interface ListOptions {
  readonly selector: string;
  readonly signal: AbortSignal;
  readonly pageSize: number;
}

/**
 * All objects of a kind, page by page, as they stood when the first page was made. Where the server forgets that moment before
 * the last page, the list begins once more and comes in one piece. @throws KubeError
 */
export async function* listPages(api: KubeApi, served: ServedKind, options: ListOptions): AsyncIterable<Page> {
  for (let rest: string | undefined = ""; rest !== undefined; ) {
    const { page, next } = await nextPage(api, served, { ...options, rest });
    yield page;
    rest = next;
  }
}

async function nextPage(api: KubeApi, served: ServedKind, { rest, selector, signal, pageSize }: ListOptions & { readonly rest: string }) {
  const ask = (...query: readonly string[]) => api.json({ path: `${pathOfKind(served)}?${query.filter((part) => part !== "").join("&")}`, signal });
  try {
    const list = await ask(`limit=${pageSize}`, rest === "" ? "" : `continue=${encodeURIComponent(rest)}`, selector);
    return pageOf(list, served, rest === "");
  } catch (error) {
    if (rest === "" || !(error instanceof KubeError) || !isExpired(error)) throw error;
    return pageOf(await ask(selector), served, true);
  }
}

function pageOf(list: unknown, served: ServedKind, begins: boolean): { readonly page: Page; readonly next: string | undefined } {
  const rest = partOf(list, "metadata")["continue"];
  const items = isRecord(list) && Array.isArray(list["items"]) ? list["items"] : [];
  const page = { objects: items.map((item) => trimmed(item, served)), at: metaOf(list).resourceVersion, begins };
  return { page, next: typeof rest === "string" && rest !== "" ? rest : undefined };
}
