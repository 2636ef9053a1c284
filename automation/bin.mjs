#!/usr/bin/env node
// The `vision-platform` program of the package: the same as `npm run platform --`, from any folder.
import { load } from "../loader/load.mjs";

await load("automation/cli.ts");
