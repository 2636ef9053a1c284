import { serveAsProcess } from "../../provider/protocol/process.ts";
import { minioPlugin } from "./minio/plugin.ts";

await serveAsProcess(minioPlugin(process.cwd()));
