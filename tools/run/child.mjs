import { spawn } from "node:child_process";
import { constants } from "node:os";
import { env, stdin } from "node:process";
import { searchPath, top } from "./places.mjs";

const endings = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Runs a command that owns the terminal; gives its exit code (128 and the signal when one ended it). */
export async function run(argv, { extra = {}, stdio = "inherit", cwd = top } = {}) {
  const child = start(argv, { extra, stdio, cwd });
  return await ended(child);
}

/** Runs a command and gives what it printed, both streams together, as it came. */
export async function capture(argv, { extra = {}, onText = () => {} } = {}) {
  const child = start(argv, { extra, stdio: ["ignore", "pipe", "pipe"], cwd: top });
  let text = "";
  const take = (piece) => {
    text += piece;
    onText(piece);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  return { code: await ended(child), text };
}

/** Runs a step of the setup in silence; when it fails, throws what `explain` makes of its last lines. */
export async function must(argv, explain, extra = {}) {
  const { code, text } = await capture(argv, { extra });
  if (code !== 0) throw explain(text.trimEnd().split("\n").slice(-15).join("\n"));
  return text;
}

function start([file, ...args], { extra, stdio, cwd }) {
  return spawn(file, args, { cwd, stdio, env: { ...env, PATH: searchPath, ...extra } });
}

/** A signal to us is the child's to obey, and we stay until it has. A terminal has sent its own to both of us. */
function ended(child) {
  const obey = (signal) => {
    if (signal === "SIGTERM" || !stdin.isTTY) child.kill(signal);
  };
  for (const signal of endings) process.on(signal, obey);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  }).finally(() => {
    for (const signal of endings) process.off(signal, obey);
  });
}
