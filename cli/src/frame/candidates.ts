import type { Command, Option } from "commander";

/** What could stand where the last word is. */
export function candidates(program: Command, words: readonly string[]): readonly string[] {
  const before = words.slice(0, -1);
  const [unfinished = ""] = words.slice(-1);
  const command = commandFor(program, before);
  const awaited = optionNamed(command, before.at(-1) ?? "");
  const all = awaited && (awaited.required || awaited.argChoices) ? (awaited.argChoices ?? []) : offers(command, unfinished);
  return [...new Set(all)].filter((word) => word.startsWith(unfinished)).toSorted();
}

function offers(command: Command, unfinished: string): readonly string[] {
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  if (!unfinished.startsWith("-")) return [...shown(command).map((each) => each.name()), ...choices];
  return lineage(command).flatMap(({ options }) => options.filter(({ hidden }) => !hidden).flatMap(({ long }) => (long ? [long] : [])));
}

/** Follows the words that name commands; options, their values and arguments are stepped over. */
function commandFor(program: Command, words: readonly string[]): Command {
  return words.reduce((command, word) => command.commands.find((each) => each.name() === word || each.aliases().includes(word)) ?? command, program);
}

function optionNamed(command: Command, word: string): Option | undefined {
  return lineage(command).flatMap(({ options }) => options).find(({ long, short }) => long === word || short === word);
}

function lineage(command: Command): readonly Command[] {
  return command.parent ? [command, ...lineage(command.parent)] : [command];
}

function shown(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}
