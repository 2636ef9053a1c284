import { scriptedS3 } from "./scripted-s3.ts";

/** A scripted store in a process of its own: `serve-many.ts COUNT PREFIX`. Says where it listens, and ends with its standard input. */
const [count = "0", prefix = ""] = process.argv.slice(2);
const store = await scriptedS3({ many: { count: Number(count), prefix } });
process.stdout.write(`${store.server}\n`);
process.stdin.resume().on("end", () => void store.close());
