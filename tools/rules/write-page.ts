import { writeFileSync } from "node:fs";
import { documentOf } from "./document.ts";
import { page, sectionsOnDisk, shownOnDisk } from "./read-scenarios.ts";

// rules.yaml and the scenarios that name its rules → docs/osm-rules.md
writeFileSync(page, documentOf(sectionsOnDisk(), shownOnDisk()));
