import { certificateRows } from "./certificates.ts";
import { compileRows } from "./compile.ts";
import { envoyRows } from "./envoy.ts";
import { publishRows } from "./publish.ts";
import { pushRows } from "./push.ts";
import { injectionRows } from "./injection.ts";
import { lineOf, type Row } from "./report.ts";
import { parseRequest, usage, type Bench, type Request } from "./request.ts";
import { GoMissing } from "./side/go-programs.ts";
import { runLoad } from "./side/run-loads.ts";

const sizes = [100, 1000];

function rowsOf(bench: Bench): AsyncIterable<Row> | Iterable<Row> {
  switch (bench) {
    case "compile":
      return compilerRows(sizes);
    case "push":
      return pushRows(sizes, 1000);
    case "envoy":
      return envoyRows([0, ...sizes]);
    case "certificates":
      return certificateRows(2000);
    case "injection":
      return injectionRows({ reviews: 4000, connections: 8 });
  }
}

async function* compilerRows(services: readonly number[]): AsyncIterable<Row> {
  yield* compileRows(services);
  yield* publishRows(services);
}

async function* allRows({ benches, loads, shapes, peers, profile }: Request): AsyncIterable<Row> {
  for (const bench of benches) yield* rowsOf(bench);
  const nodeArgs = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  for (const load of loads) yield* runLoad(load, { shapes, peers, nodeArgs });
}

const request = parseRequest(process.argv.slice(2));
if (!request) {
  console.error(usage);
  process.exitCode = 2;
} else {
  try {
    for await (const row of allRows(request)) console.log(request.json ? JSON.stringify(row) : lineOf(row));
  } catch (err) {
    if (!(err instanceof GoMissing)) throw err;
    console.error(err.message);
    process.exitCode = 1;
  }
}
