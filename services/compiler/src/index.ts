export { runCompiler, type CompilerDeps } from "./compiler.ts";
