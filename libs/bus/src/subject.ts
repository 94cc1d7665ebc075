/** @throws TypeError when nothing can be written to the text: tokens between dots, none empty, no wildcard, no space. */
export function checkSubject(subject: string): void {
  if (!subject.split(".").every(isPlainToken)) throw new TypeError(`not a subject: ${JSON.stringify(subject)}`);
}

/**
 * Decides which subjects a filter means: `*` stands for one token, `>` at the end for one or more.
 * @throws TypeError when the text is no filter.
 */
export function matcherOf(filter: string): (subject: string) => boolean {
  const tokens = filter.split(".");
  const last = tokens.length - 1;
  if (!tokens.every((token, index) => token === "*" || (token === ">" && index === last) || isPlainToken(token))) {
    throw new TypeError(`not a filter: ${JSON.stringify(filter)}`);
  }
  const open = tokens[last] === ">";
  const head = open ? tokens.slice(0, -1) : tokens;
  if (!head.includes("*")) return open ? beginsWith(head) : (subject) => subject === filter;
  return (subject) => {
    const parts = subject.split(".");
    const fits = open ? parts.length > head.length : parts.length === head.length;
    return fits && head.every((token, index) => token === "*" || token === parts[index]);
  };
}

function beginsWith(head: readonly string[]): (subject: string) => boolean {
  const prefix = head.map((token) => `${token}.`).join("");
  return (subject) => subject.startsWith(prefix);
}

/** Printable ASCII without what has a meaning of its own. */
function isPlainToken(token: string): boolean {
  return /^[!-~]+$/.test(token) && !/[*>]/.test(token);
}
