import type { DeploymentState } from "@osm/sandbox";
import { podLines, type Shown } from "./shown.ts";

/** Says what is new of things that are looked at again and again. */
export interface Teller {
  pods(deployments: ReadonlyMap<string, DeploymentState>): void;
  findings(now: readonly Shown[]): void;
  /** The answer to a call that is made again. */
  call(key: string, line: string): void;
}

export function createTeller(say: (line: string) => void): Teller {
  let pods: ReadonlySet<string> = new Set();
  let findings: ReadonlySet<string> = new Set();
  const answers = new Map<string, string>();
  return {
    pods: (deployments) => {
      const lines = podLines(deployments);
      for (const line of lines) if (!pods.has(line)) say(`  ${line}`);
      pods = new Set(lines);
    },
    findings: (now) => {
      const lines = new Set(now.map(({ severity, line }) => `${severity}: ${line}`));
      for (const line of lines) if (!findings.has(line)) say(line);
      for (const line of findings) if (!lines.has(line)) say(`no more: ${line}`);
      findings = lines;
    },
    call: (key, line) => {
      if (answers.get(key) !== line) say(line);
      answers.set(key, line);
    },
  };
}
