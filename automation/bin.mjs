#!/usr/bin/env node
// The `vision-platform` program of the package: the same as `npm run platform --`, from any folder.
// Packages of many files come before tsx, for the reason given in typescript.mjs.
import "@pulumi/pulumi/automation/index.js";
import "execa";
import "minio";
import "zod";
import "../typescript.mjs";

await import("./cli.ts");
