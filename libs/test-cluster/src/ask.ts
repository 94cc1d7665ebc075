import { readFile } from "node:fs/promises";
import { request } from "node:https";

/** An API server of this machine, as its administrator sees it. */
export interface AskedApi {
  readonly port: number;
  /** The certificate that it made for itself. */
  readonly certificate: string;
  readonly token: string;
}

/** What a path of the API answers. @throws Error for what is no 200, nobody who listens and no certificate yet */
export async function ask({ port, certificate, token }: AskedApi, path: string): Promise<string> {
  const ca = await readFile(certificate);
  return await new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, ca, agent: false, headers: { authorization: `Bearer ${token}` }, timeout: 2000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece)).on("error", reject).on("end", () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${path}: no answer`))).on("error", reject).end();
  });
}
