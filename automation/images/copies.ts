import { isSameImage, mirrored, type Mirror } from "../../components/images/mirror.ts";
import type { LabImage } from "./lab-images.ts";

/** An image that the mirror is to have. */
export interface Copy extends LabImage {
  /** Where the lab's pods pull it from. */
  target: string;
}

export interface Copies {
  copies: Copy[];
  /** Images that the stack file names itself, or that lie in the mirror alone: they are taken from where they are. */
  own: LabImage[];
  /** Different images of which two have one place there. */
  clashes: { target: string; images: string[] }[];
}

/** What is to be copied into the mirror. */
export function copiesOf(images: readonly LabImage[], mirror: Mirror): Copies {
  const placed = images.map((image) => ({ ...image, target: mirrored(image.image, mirror) }));
  const copies = placed.filter(({ image, target }) => image !== target);
  const own = images.filter(({ image }) => mirrored(image, mirror) === image);
  const targets = [...new Set(copies.map(({ target }) => target))];
  const clashes = targets
    .map((target) => ({ target, images: copies.filter((copy) => copy.target === target).map(({ image }) => image) }))
    .filter(({ images: [first = "", ...others] }) => others.some((other) => !isSameImage(first, other)));
  return { copies, own, clashes };
}
