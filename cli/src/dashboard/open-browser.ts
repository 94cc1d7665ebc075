import { spawn } from "node:child_process";
import { once } from "node:events";

const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "open", linux: "xdg-open" };

/** Shows an address as the user's system does. @returns false where it has no way to. */
export async function openBrowser(address: string): Promise<boolean> {
  const opener = openers[process.platform];
  if (opener === undefined) return false;
  try {
    const child = spawn(opener, [address], { stdio: "ignore", detached: true });
    await once(child, "spawn");
    child.on("error", () => {}).unref();
    return true;
  } catch {
    return false;
  }
}
