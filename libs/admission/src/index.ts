export { judgeWriting, type Judgement } from "./judge-writing.ts";
export type { Writing } from "./writing.ts";
