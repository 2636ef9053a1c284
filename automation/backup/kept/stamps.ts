/** Milliseconds of a stamp such as `20261201T014700Z`. */
export const momentOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

/** `2026-12-01 01:47 UTC`. */
export const dateText = (stamp: string): string =>
  stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\dZ$/, "$1-$2-$3 $4:$5 UTC");
