#!/usr/bin/env node
// The `vision-platform` program of the package: the same as `npm run platform --`, from any folder.
import { register } from "tsx/esm/api";

register();
await import("./cli.ts");
