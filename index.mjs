// What `pulumi up` runs: the program, compiled.
import { load } from "./loader/load.mjs";

const { default: program } = await load("index.ts");
export default program;
