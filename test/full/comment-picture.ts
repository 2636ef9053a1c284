/** Draws docs/comment.png anew: `node loader/run.mjs test/full/comment-picture.ts`. Chromium must be on PATH. */
import path from "node:path";
import { PROJECT_FOLDER } from "../../automation/project.ts";
import { pictured } from "./browser.ts";
import { commentPage } from "./comment-page.ts";

const page = await commentPage("a volume grows", "&#126;");
await pictured(page, path.join(PROJECT_FOLDER, "docs/comment.png"), [910, 640]);
