/**
 * A text that a regular expression matches as a whole; the shortest that is easily found. Undefined where none is found: then
 * nothing can be tried.
 */
export function sampleText(regex: string, fits: (text: string) => boolean = () => true): string | undefined {
  const rest = { text: regex, at: 0 };
  const found = alternatives(rest);
  if (found === undefined || rest.at < regex.length) return undefined;
  return [found, `/${found}`, `${found}x`, `/${found}x`].find((text) => fits(text) && matchesWhole(regex, text));
}

/** The syntax is RE2's; what JavaScript reads otherwise, or not at all, is not tried. */
export function matchesWhole(regex: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${regex})$`, "s").test(text);
  } catch {
    return false;
  }
}

interface Rest {
  readonly text: string;
  at: number;
}

/** The first of `a|b|c`; the others are stepped over. */
function alternatives(rest: Rest): string | undefined {
  const first = sequence(rest);
  while (first !== undefined && rest.text[rest.at] === "|") {
    rest.at += 1;
    if (sequence(rest) === undefined) return undefined;
  }
  return first;
}

function sequence(rest: Rest): string | undefined {
  let found = "";
  while (rest.at < rest.text.length && rest.text[rest.at] !== "|" && rest.text[rest.at] !== ")") {
    const one = atom(rest);
    if (one === undefined) return undefined;
    found += one.repeat(times(rest));
  }
  return found;
}

function atom(rest: Rest): string | undefined {
  const sign = rest.text[rest.at] ?? "";
  rest.at += 1;
  switch (sign) {
    case "(":
      return group(rest);
    case "[":
      return oneOfClass(rest);
    case "\\":
      return escaped(rest);
    case ".":
      return "x";
    case "^":
    case "$":
      return "";
    default:
      return sign;
  }
}

function group(rest: Rest): string | undefined {
  const opening = /^\?(?::|P?<[A-Za-z_]\w*>)/.exec(rest.text.slice(rest.at))?.[0] ?? "";
  rest.at += opening.length;
  const inner = alternatives(rest);
  if (rest.text[rest.at] !== ")") return undefined;
  rest.at += 1;
  return inner;
}

const candidates = ["a", "0", "A", "-", "_", "/", ".", "x", " "];

function oneOfClass(rest: Rest): string | undefined {
  const [body] = /^\^?\]?(?:\\.|[^\]\\])*\]/.exec(rest.text.slice(rest.at)) ?? [];
  if (body === undefined) return undefined;
  rest.at += body.length;
  return [...candidates, ...body.split("")].find((each) => matchesWhole(`[${body}`, each));
}

const classes: Readonly<Record<string, string>> = { d: "0", w: "a", s: " ", D: "a", W: "-", S: "a", b: "", A: "", z: "" };

function escaped(rest: Rest): string | undefined {
  const sign = rest.text[rest.at];
  rest.at += 1;
  if (sign === undefined) return undefined;
  return /[A-Za-z0-9]/.test(sign) ? classes[sign] : sign;
}

/** How often what stands before is to be there, at least. */
function times(rest: Rest): number {
  const [whole = "", sign = "", least = "1"] = /^(?:([*?+])|\{(\d+)(?:,\d*)?\})\??/.exec(rest.text.slice(rest.at)) ?? [];
  rest.at += whole.length;
  return sign === "*" || sign === "?" ? 0 : Number(least);
}
