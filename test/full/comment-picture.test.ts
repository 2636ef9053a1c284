import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { pictured, rendered } from "./browser.ts";
import { commentPage } from "./comment-page.ts";

it("a comment is shown as GitHub shows Markdown: verdict, findings, tables and parts that fold", async () => {
  const page = await commentPage("a volume grows", "&#126;");
  const shown = await rendered(page);
  expect(shown).toContain("<strong>Careful: a volume grows. 1 object changes, no rollouts.</strong>");
  expect(shown).toContain('<details open=""><summary>~');
  expect(shown).toContain('<span class="add">+      storage: 80Gi</span>');
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-picture-"));
  try {
    await pictured(page, path.join(folder, "comment.png"), [910, 640]);
    const [drawn, kept] = [await readFile(path.join(folder, "comment.png")), await readFile("docs/comment.png")];
    for (const picture of [drawn, kept]) expect(picture.subarray(1, 4).toString()).toBe("PNG");
    expect(kept.length).toBeLessThan(150_000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
