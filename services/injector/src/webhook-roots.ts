import { z } from "zod";

export type RootsPatch = readonly { readonly op: "add" | "test"; readonly path: string; readonly value: string }[];
/** `exactly`: roots that are there beside ours go; `at least`: they stay, for another replica may still present a certificate of theirs. */
export type RootsWish = "exactly" | "at least";

const webhook = z.object({ name: z.string(), clientConfig: z.object({ caBundle: z.string().default("") }) });
const configuration = z.object({ metadata: z.object({ resourceVersion: z.string() }), webhooks: z.array(webhook).default([]) });

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each once and in their order. */
export function rootsIn(pem: string): readonly string[] {
  return [...new Set(pem.match(certificate) ?? [])];
}

/**
 * What makes every entry of a webhook configuration name our roots; empty where they do. It fails, and changes nothing, where somebody
 * else wrote meanwhile.
 */
export function rootsPatch(object: unknown, roots: readonly string[], wish: RootsWish): RootsPatch {
  const { metadata, webhooks } = configuration.parse(object);
  const changes = webhooks.flatMap(({ clientConfig }, at) => {
    const bundle = bundleOf(rootsIn(decoded(clientConfig.caBundle)), roots, wish);
    return bundle === undefined ? [] : [{ op: "add" as const, path: `/webhooks/${at}/clientConfig/caBundle`, value: encoded(bundle) }];
  });
  return changes.length === 0 ? [] : [{ op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion }, ...changes];
}

/** Undefined where what is there will do. */
function bundleOf(found: readonly string[], roots: readonly string[], wish: RootsWish): readonly string[] | undefined {
  const [lacking, others] = [roots.filter((root) => !found.includes(root)), found.filter((root) => !roots.includes(root))];
  switch (wish) {
    case "exactly":
      return lacking.length + others.length === 0 ? undefined : roots;
    case "at least":
      return lacking.length === 0 ? undefined : [...roots, ...others];
  }
}

function decoded(bundle: string): string {
  return Buffer.from(bundle, "base64").toString("utf8");
}

function encoded(roots: readonly string[]): string {
  return Buffer.from(roots.map((root) => `${root}\n`).join("")).toString("base64");
}
