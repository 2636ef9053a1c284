import type { VolumeName } from "../../components/backup/volumes/volume.ts";
import { endAs } from "../backup/by-hand.ts";
import { restoredVolume, verifiedVolume } from "../backup/volumes/restore.ts";
import { checkedVolumeText, restoredVolumeText } from "../backup/volumes/text.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface RestoreVolumeFlags extends StackFlags {
  volume: VolumeName;
  backup?: string;
  overwrite?: boolean;
  dryRun?: boolean;
}

export interface VerifyVolumeFlags extends StackFlags {
  volume: VolumeName;
  backup?: string;
  whole?: boolean;
}

/** Writes a volume's files back. Asked for once more, it goes on where a run that was killed ended. */
export async function restoreVolume({ json, volume, backup, overwrite, dryRun, ...flags }: RestoreVolumeFlags) {
  const asked = { volume, backup, overwrite, dryRun };
  const told = await restoredVolume(flags, asked);
  print(told, restoredVolumeText(told, dryRun === true), json);
  endAs(told);
}

/** Holds the bucket against what a volume's backup names. */
export async function verifyVolume({ json, volume, backup, whole, ...flags }: VerifyVolumeFlags) {
  const told = await verifiedVolume(flags, { volume, backup, whole });
  print(told, checkedVolumeText(told, whole === true), json);
  endAs(told);
}
