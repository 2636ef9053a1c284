import { serveAsProcess } from "../../provider/protocol/process.ts";
import { commandPlugin } from "./command/plugin.ts";

await serveAsProcess(commandPlugin({ folder: process.cwd(), env: process.env }));
