import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serversOf, type Listed } from "../src/servers.ts";

const four = (host: number) => `10.0.0.${host} 80`;
const six = (host: number) => `fd00::${host} 80`;

describe("the servers behind a service port", () => {
  test("are its pods, each once, by IPv4 where they have it", () => {
    const listed = [{ at: six(1), pod: "a" }, { at: four(2), pod: "b" }, { at: four(1), pod: "a" }, { at: six(3), pod: "c" }];
    expect(serversOf(listed)).toEqual([
      { address: four(1), others: [six(1)] },
      { address: four(2), others: [] },
      { address: six(3), others: [] },
    ]);
  });
  test("are addresses where no pod is named", () => {
    expect(serversOf([{ at: six(1), pod: "" }, { at: four(1), pod: "" }])).toEqual([{ address: four(1), others: [] }, { address: six(1), others: [] }]);
  });
  test("hold every address once, in whatever order they are listed, and each pod as often as it has addresses of a family", () => {
    const host = fc.integer({ min: 0, max: 9 });
    const listed = fc.uniqueArray(fc.record({ host, isSix: fc.boolean() }), { selector: ({ host: at, isSix }) => `${at} ${isSix}` })
      .map((all): readonly Listed[] => all.map(({ host: at, isSix }) => ({ at: isSix ? six(at) : four(at), pod: at % 4 === 3 ? "" : `pod-${at % 4}` })));
    fc.assert(fc.property(listed, (all) => {
      const servers = serversOf(all);
      expect(servers.flatMap(({ address, others }) => [address, ...others]).sort()).toEqual(all.map(({ at }) => at).sort());
      expect(serversOf([...all].reverse())).toEqual(servers);
      for (const { pod } of all.filter((each) => each.pod !== "")) {
        const own = all.filter((each) => each.pod === pod).map(({ at }) => at);
        const [fours, sixes] = [own.filter((at) => !at.includes(":")).length, own.filter((at) => at.includes(":")).length];
        expect(servers.filter(({ address }) => own.includes(address))).toHaveLength(Math.max(fours, sixes));
      }
    }));
  });
});
