import { bundleService } from "./bundle.ts";

const [service, file] = process.argv.slice(2);
if (service === undefined || file === undefined) {
  console.error("usage: node tools/images/bundle-main.ts SERVICE FILE");
  process.exitCode = 2;
} else {
  await bundleService(service, file);
}
