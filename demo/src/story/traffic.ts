import type { Pod } from "@osm/sandbox";
import { startLoad, type Load, type LoadOptions, type Report } from "./load.ts";
import { lineEveryMs, startLines, type LongLines, type LongPlace } from "./long-lines.ts";
import type { Teller } from "./tell.ts";

/** Two that may talk, and what the one asks of the other. */
export interface Pair extends LoadOptions {
  /** As in `buyer→web`. */
  readonly name: string;
  readonly from: Pod;
}

/** Calls a second for each pair, over connections half of which are kept open. */
const rate = 60;
const connections = 10;
/** Calls of each pair, and lines of each long-lived connection, on either side of a step. */
const lead = 30;
const leadLines = (lead / rate) * (1000 / lineEveryMs);
const held = 20;

/** What goes on while the story does. */
export interface Traffic {
  /** Calls of one more pair, until all end. */
  call(pair: Pair): Promise<void>;
  /** Long-lived connections with lines to and fro, until all end. */
  hold(pod: Pod, place: Omit<LongPlace, "connections">): Promise<void>;
  /** Takes a step with traffic before, during and after it. Nothing may fail or end. @returns the counts as words */
  during(step: () => Promise<void>): Promise<string>;
  /** Resolves when some calls and lines more have gone through. */
  pass(): Promise<void>;
  /** Resolves once all long-lived connections have ended. @returns how many there were */
  heldEnded(): Promise<number>;
  end(): Promise<void>;
}

export function createTraffic(tell: Teller): Traffic {
  const pairs = new Map<string, Load>();
  let lines: LongLines | undefined;
  const pass = async () => {
    await Promise.all([...[...pairs.values()].map((load) => load.more(lead)), ...(lines ? [lines.more(leadLines)] : [])]);
  };
  const soFar = () => ({ pairs: new Map([...pairs].map(([name, load]) => [name, load.soFar()])), lines: lines?.soFar() });
  return {
    call: async ({ name, from, ...options }) => void pairs.set(name, await startLoad(from, { rate, connections, ...options })),
    hold: async (pod, place) => {
      lines = await startLines(pod, { ...place, connections: held });
    },
    during: async (step) => {
      const before = soFar();
      await pass();
      await step();
      await pass();
      const after = soFar();
      const said = [...after.pairs].map(([name, report]) => wordsOf(tell, name, since(report, before.pairs.get(name))));
      if (after.lines) said.push(wordsOfLines(tell, after.lines, before.lines?.lines ?? 0));
      return said.join("; ");
    },
    pass,
    heldEnded: async () => {
      await lines?.allEnded();
      const ended = lines?.soFar().ended ?? 0;
      await lines?.stop();
      lines = undefined;
      return ended;
    },
    end: async () => {
      await Promise.all([...[...pairs.values()].map((load) => load.stop()), ...(lines ? [lines.stop()] : [])]);
      pairs.clear();
      lines = undefined;
    },
  };
}

/** The traffic of every pair at once, as each step has it. */
export const trafficWords = `${rate} requests a second for each pair over ${connections} connections, half of them kept open`;

function since({ sent, answers }: Report, before: Report | undefined): Report {
  const left = Object.entries(answers).map(([answer, count]) => [answer, count - (before?.answers[answer] ?? 0)] as const);
  return { sent: sent - (before?.sent ?? 0), answers: Object.fromEntries(left.filter(([, count]) => count > 0)) };
}

function wordsOf(tell: Teller, name: string, { sent, answers }: Report): string {
  const failed = sent - (answers["200"] ?? 0);
  tell.expect(sent > 0 && failed === 0, `${name}: not every request was answered 200: ${JSON.stringify(answers)}`);
  return `${name} ${sent} requests, ${failed} failed`;
}

function wordsOfLines(tell: Teller, { lines, ended, wrong }: ReturnType<LongLines["soFar"]>, before: number): string {
  tell.expect(ended === 0 && wrong === 0, `of ${held} long-lived connections ${ended} ended, ${wrong} lines came back wrong`);
  return `${held} TCP connections held, ${ended} ended, ${lines - before} lines echoed`;
}
