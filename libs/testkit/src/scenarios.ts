import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** One folder: what goes in, and beside it what must come out. */
export interface Scenario {
  /** The folder's name, which is a sentence of behaviour. */
  readonly name: string;
  readonly dir: string;
  /** Text of `in.yaml`; where there is none, of all other YAML files of the folder, in order of their names. */
  readonly input: string;
  /** Path of an expected file, whether it exists or not. */
  readonly golden: (file: string) => string;
  /** Every file of the folder that is not input, as `golden` takes it, in order. For tests that want no stale one left behind. */
  readonly goldens: readonly string[];
}

/** The scenarios in a folder, in order of their names. @throws Error for a scenario without input. */
export function scenarios(root: string): readonly Scenario[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => scenario(root, name));
}

/** A golden that lies beside the input instead of under `out/`. */
const besideInput: ReadonlySet<string> = new Set(["findings.yaml"]);

function scenario(root: string, name: string): Scenario {
  const dir = join(root, name);
  const inputs = inputsOf(dir);
  if (inputs.length === 0) throw new Error(`scenario without input: ${name}`);
  return {
    name,
    dir,
    input: inputs.map((file) => readFileSync(join(dir, file), "utf8").trimEnd()).join("\n---\n") + "\n",
    golden: (file) => join(dir, file),
    goldens: filesUnder(dir).filter((file) => !inputs.includes(file)),
  };
}

function inputsOf(dir: string): readonly string[] {
  if (existsSync(join(dir, "in.yaml"))) return ["in.yaml"];
  return readdirSync(dir)
    .filter((file) => file.endsWith(".yaml") && !besideInput.has(file))
    .sort();
}

function filesUnder(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}
