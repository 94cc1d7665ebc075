import { expect, test } from "vitest";
import { createBench, saidShop } from "./bench.ts";
import { proxyOf } from "./mesh-said.ts";

const crowd = 200;

test("a crowd that comes at once is let in whole, and who is connected is served meanwhile", { timeout: 120_000 }, async () => {
  await using bench = createBench();
  await saidShop(bench);
  const uids = Array.from({ length: crowd }, (_, at) => `web-${at}`);
  for (const uid of uids) await bench.compiler.proxy(proxyOf(uid, "web"));
  const xds = bench.start();
  const job = await bench.open(xds, "job");
  job.behave();
  await job.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);

  let [served, isIn] = [0, false];
  const come = async (uid: string) => {
    const web = await bench.open(xds, uid, { account: "web" });
    web.behave();
    await web.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  };
  const all = Promise.all(uids.map(come)).then(() => (isIn = true));
  while (!isIn) {
    const digest = await bench.compiler.endpoints("mail", [`10.0.${served >> 8}.${served++ & 255}`]);
    await Promise.race([all, job.until(({ EDS }) => EDS.get("mail") === digest)]);
  }
  await all;
  expect(served).toBeGreaterThan(5);
  expect(xds.metric("mesh_proxies_connected")).toBe(crowd + 1);
});
