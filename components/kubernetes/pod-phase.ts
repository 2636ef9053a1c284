/** Whether a pod's containers have all ended, and none is begun again. (kubernetes.io: Pod phase) */
export function podHasEnded({ status }: { status?: { phase?: string | undefined } | undefined }): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
