/** The documents of a YAML text, each with its `---`. What comes without content is left out. */
export function documentsOf(text: string): readonly string[] {
  return text
    .split(/^(?=---(?:\s|$))/m)
    .filter((piece) => piece.replaceAll(/^---|#.*$/gm, "").trim() !== "")
    .map((piece) => (piece.startsWith("---") ? piece.trimEnd() : `---\n${piece.trimEnd()}`));
}

/** The same documents, last first. */
export function reversed(text: string): string {
  return joined([...documentsOf(text)].reverse());
}

/** The same documents in an order that the seed alone decides. */
export function shuffled(text: string, seed: number): string {
  const random = lcg(seed);
  const documents = [...documentsOf(text)];
  const order: string[] = [];
  while (documents.length > 0) order.push(...documents.splice(Math.floor(random() * documents.length), 1));
  return joined(order);
}

function joined(documents: readonly string[]): string {
  return documents.map((document) => `${document}\n`).join("");
}

/** A linear congruential generator over 2^32: fair enough to shuffle a test's input. */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
