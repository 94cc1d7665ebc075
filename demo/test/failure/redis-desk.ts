import { readFileSync } from "node:fs";
import { connect } from "node:tls";

export interface RedisLogin {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** File with the root that the server's certificate is checked against. */
  readonly root: string;
}

/** Says commands to a Redis, as the user that may. @throws Error with what Redis refused. */
export async function tellRedis({ port, user, password, root }: RedisLogin, commands: readonly (readonly string[])[]): Promise<void> {
  const all = [["AUTH", user, password], ...commands];
  const socket = connect({ host: "127.0.0.1", port, ca: readFileSync(root), servername: "" });
  socket.write(all.map(encoded).join(""));
  let [said, answers] = ["", 0];
  for await (const chunk of socket) {
    said += String(chunk);
    const refusal = /^-(.*)\r\n/m.exec(said);
    if (refusal) throw new Error(`Redis refused: ${refusal[1]}`);
    answers = said.split("\r\n").length - 1;
    if (answers >= all.length) break;
  }
  socket.destroy();
  if (answers < all.length) throw new Error(`Redis answered ${answers} of ${all.length} commands`);
}

function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}
