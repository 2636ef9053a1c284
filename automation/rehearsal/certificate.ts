import { generate } from "selfsigned";

/** As long as a rehearsal may be kept. */
const DAYS = 3650;
const ADDRESS = 7;
const NAME = 2;

type Subject = NonNullable<Parameters<typeof generate>[0]>;
type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>;

export interface CertificateOptions {
  /** Common name of the authority. */
  authority: string;
  subject: Subject;
  /** Names it has beside those of loopback. Default: none. */
  names?: readonly string[];
  /** What it may be used for. Default: nothing is said. */
  uses?: Extensions;
}

/** A certificate of a server on loopback with its key, and the authority that was made to sign it and nothing else. All PEM. */
export async function certificateOnLoopback({
  authority,
  subject,
  names = [],
  uses = [],
}: CertificateOptions): Promise<{ ca: string; certificate: string; key: string }> {
  const common = {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + DAYS * 86_400_000),
  } as const;
  const ca = await generate([{ name: "commonName", value: authority }], {
    ...common,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const signed = await generate(subject, {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      ...uses,
      {
        name: "subjectAltName",
        altNames: [
          { type: ADDRESS, ip: "127.0.0.1" },
          ...["localhost", ...names].map((value) => ({ type: NAME, value }) as const),
        ],
      },
    ],
  });
  return { ca: ca.cert, certificate: signed.cert, key: signed.private };
}
