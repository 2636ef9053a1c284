/** `3 to create, 1 to update, 117 unchanged`, or in the past. */
export function countsText(counts: Record<string, number>, words: "will" | "did"): string {
  const rows: readonly [string, string, string][] = [
    ["create", "to create", "created"],
    ["update", "to update", "updated"],
    ["replace", "to replace", "replaced"],
    ["delete", "to delete", "deleted"],
    ["import", "to import", "imported"],
    ["same", "unchanged", "unchanged"],
  ];
  const parts = rows.flatMap(([key, will, did]) => {
    const count = counts[key] ?? 0;
    return count > 0 ? [`${count} ${words === "will" ? will : did}`] : [];
  });
  return parts.length > 0 ? parts.join(", ") : "nothing";
}
