import { compileRows } from "./compile.ts";
import { envoyRows } from "./envoy.ts";
import { pushRows } from "./push.ts";
import { lineOf, type Row } from "./report.ts";
import { parseRequest, usage, type Bench } from "./request.ts";

const sizes = [100, 1000];

function rowsOf(bench: Bench): AsyncIterable<Row> | Iterable<Row> {
  switch (bench) {
    case "compile":
      return compileRows(sizes);
    case "push":
      return pushRows(sizes, 1000);
    case "envoy":
      return envoyRows([0, ...sizes]);
  }
}

const request = parseRequest(process.argv.slice(2));
if (!request) {
  console.error(usage);
  process.exitCode = 2;
} else {
  for (const bench of request.benches) for await (const row of rowsOf(bench)) console.log(request.json ? JSON.stringify(row) : lineOf(row));
}
