import type { Argument, Command, Option } from "commander";

/** A wrong use, and what it was answered. */
export interface Answered {
  readonly typed: string;
  readonly code: number;
  readonly words: string;
}

/** The user's page of all commands, as they describe themselves. */
export function writtenReference(program: Command, wrong: ReadonlyMap<string, readonly Answered[]>): string {
  const about = [
    "# The `osm` command line",
    "",
    "Written from the commands themselves: `vitest run --project unit cli/test/reference.test.ts --update` writes it again.",
    "",
    "Exit codes: 0 it is done; 1 it was asked rightly and did not come about, or the answer is no; 2 it cannot be done as it was asked.",
    "Answers go to the standard output, remarks and errors to the standard error. `-o json` and `-o yaml` are for programs.",
    "",
    "## Every command takes",
    "",
    ...optionRows(program.options.filter(({ hidden }) => !hidden)),
    "",
    "The kubeconfig is found as kubectl finds it. Helm is the one within the program, `OSM_HELM_BIN`, or, from a checkout, the one on the",
    "PATH. `OSM_CONFIG` names a file of settings in the place of `~/.osm/config.yaml`: `install.namespace`, and `install.kind: managed` where",
    "somebody else installs and removes the mesh. `OSM_CACHE` names the folder that Helm and the chart are unpacked to.",
  ];
  const leaves = leavesOf(program).map((command) => section(command, wrong.get(pathOf(command)) ?? []));
  return `${[...about, ...leaves.flat(), "", "## Wrong at the top", "", ...wrongLines(wrong.get("osm") ?? [])].join("\n")}\n`;
}

/** Commands that do something, in the order of the help. */
export function leavesOf(command: Command): readonly Command[] {
  const below = command.createHelp().visibleCommands(command).filter((each) => each.name() !== "help");
  return below.flatMap((each) => (each.commands.length > 0 ? leavesOf(each) : [each]));
}

export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function section(command: Command, wrong: readonly Answered[]): readonly string[] {
  const usage = [pathOf(command), ...command.registeredArguments.map(argumentOf), ...(command.options.length > 0 ? ["[options]"] : [])].join(" ");
  const rows = optionRows(command.options.filter(({ hidden }) => !hidden));
  const old = command.options.filter(({ hidden }) => hidden).map(({ long }) => `\`${long ?? ""}\``);
  return [
    "", `## ${pathOf(command)}`, "", `\`${usage}\``, "", command.description(), ...(rows.length > 0 ? ["", ...rows] : []),
    ...(old.length > 0 ? ["", `Of older releases, and still taken: ${old.join(", ")}.`] : []),
    ...(wrong.length > 0 ? ["", "Wrong uses:", "", ...wrongLines(wrong)] : []),
  ];
}

function argumentOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionRows(options: readonly Option[]): readonly string[] {
  if (options.length === 0) return [];
  return ["| option | what it does |", "|---|---|", ...options.map((option) => `| \`${option.flags.replaceAll("|", "\\|")}\` | ${option.description}${presetOf(option)} |`)];
}

function presetOf({ defaultValue, argChoices, defaultValueDescription }: Option): string {
  const choices = argChoices === undefined ? "" : ` (${argChoices.join(", ")})`;
  const preset: unknown = defaultValueDescription ?? defaultValue;
  return `${choices}${typeof preset === "string" || typeof preset === "number" ? `; ${preset} when left out` : ""}`;
}

function wrongLines(wrong: readonly Answered[]): readonly string[] {
  return ["```", ...wrong.flatMap(({ typed, code, words }) => [`$ ${typed}`, ...words.split("\n"), `(exit code ${code})`]), "```"];
}
