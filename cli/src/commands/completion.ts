import { Argument, type Command } from "commander";
import { z } from "zod";
import { acting } from "../frame/acting.ts";
import type { Session } from "../frame/session.ts";

const shell = z.enum(["bash", "zsh", "fish", "powershell"]);
type Shell = z.output<typeof shell>;

export function addCompletion(program: Command, session: Session): void {
  program
    .command("completion")
    .summary("print what makes a shell complete commands and options")
    .description("Prints a script for a shell. For bash: `source <(osm completion bash)`; zsh: `source <(osm completion zsh)`; fish: `osm completion fish | source`; PowerShell 7.3 and newer: `osm completion powershell | Out-String | Invoke-Expression`.")
    .addArgument(new Argument("<shell>", "the shell").choices(shell.options))
    .action(acting(session, z.unknown(), ({ names, console }) => {
      console.say(scripts[shell.parse(names[0])]);
      return 0;
    }));
}

/** Each asks the program itself, so that what is offered is what there is. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: [
    "_osm_offers() {",
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(osm __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))',
    "}",
    "complete -o default -F _osm_offers osm",
  ].join("\n"),
  zsh: [
    "#compdef osm",
    "_osm_offers() {",
    "  local -a offers",
    '  offers=(${(f)"$(osm __complete "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)"})',
    "  compadd -a offers",
    "}",
    "compdef _osm_offers osm",
  ].join("\n"),
  fish: [
    "function __osm_offers",
    "  set -l words (commandline -opc) (commandline -ct)",
    "  osm __complete $words[2..-1] 2>/dev/null",
    "end",
    "complete -c osm -f -a '(__osm_offers)'",
  ].join("\n"),
  // What stands behind the cursor says nothing of the word at it; a word that is not begun yet is an empty one.
  powershell: [
    "Register-ArgumentCompleter -Native -CommandName osm -ScriptBlock {",
    "  param($begun, $line, $cursor)",
    "  $words = @($line.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.StartOffset -lt $cursor } | ForEach-Object { $_.Extent.Text })",
    "  if ($begun -eq '') { $words += '' }",
    "  osm __complete @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }",
    "}",
  ].join("\n"),
};
