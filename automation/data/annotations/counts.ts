import type { CvatClient } from "../../../components/cvat/client/client.ts";

/** How much has been annotated. */
export interface AnnotationCounts {
  tags: number;
  shapes: number;
  tracks: number;
}

interface Annotations {
  tags: unknown[];
  shapes: unknown[];
  tracks: unknown[];
}

/** What a task has; those of its ground truth are not among them. (cvat-rest-measured.md 5.10, cvat-real-third-look.md 6.5) */
export async function annotationsOf(client: CvatClient, task: number): Promise<AnnotationCounts> {
  const { tags, shapes, tracks } = await client.get<Annotations>(`tasks/${task}/annotations`);
  return { tags: tags.length, shapes: shapes.length, tracks: tracks.length };
}

export const sumOf = ({ tags, shapes, tracks }: AnnotationCounts): number => tags + shapes + tracks;

/** `3 shapes, 1 track` */
export function countsText({ tags, shapes, tracks }: AnnotationCounts): string {
  const one = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`]);
  return [...one(shapes, "shape"), ...one(tracks, "track"), ...one(tags, "tag")].join(", ") || "no annotations";
}
