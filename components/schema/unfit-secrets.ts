/** What a secret must not have, since a program on its way to where it is used would read it as something else. */
export interface Unfit {
  refuses: RegExp;
  /** Why, and what to do, without the secret. */
  message: string;
}

/** Copied along with the secret, as a rule: the end of a line above all. */
export const UNSEEN: Unfit = {
  refuses: /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u,
  message: "has a control character, such as the end of a line that was copied along; set it without",
};

/** CVAT takes blanks at the ends of a record's texts off, and answers 500 to a login with them. (cvat-real-second-look.md, 2) */
export const BLANK_ENDS: Unfit = {
  refuses: /^\s|\s$/u,
  message: "begins or ends with a blank, which is lost on the way or refused at the login; set it without",
};

/**
 * CVAT puts the passwords of Redis and Kvrocks into a URL, `redis://:PASSWORD@HOST`, some releases quoted but for `/`, some as they are.
 * Kvrocks takes it from its command line, where `--...` is the next option and blanks part words. (CVAT: settings/base.py; the chart's kvrocks statefulset)
 */
export const IN_A_URL: Unfit = {
  refuses: /[/?#@%"\\[\]\s]|^-/u,
  message:
    'has a blank, one of / ? # @ % " \\ [ ], or a - in front, which CVAT and Kvrocks would take for a part of an address or an option; set one without, and then in the database too',
};

/**
 * Vector puts it into its TOML as text, between quotes; ClickHouse reads it from its environment as XML. (vector.dev, configuration:
 * environment variables are put in before the file is parsed; ClickHouse: ConfigProcessor.cpp, from_env)
 */
export const IN_TOML_AND_XML: Unfit = {
  refuses: /["\\<>&]/u,
  message:
    'has one of " \\ < > &, at which Vector cannot read its configuration, or ClickHouse its own; set one without',
};

/** Grafana fills in what looks like a variable in its settings. (grafana.com, configuration: variable expansion; go-ini: `%(name)s`) */
export const IN_GRAFANAS_SETTINGS: Unfit = {
  refuses: /\$\{|\$__|%\(/u,
  message: "has ${, $__ or %(, where Grafana fills in a variable; set one without",
};

/** MinIO takes blanks out of what a client signs with, and keeps `,` and `=` for itself. (minio: signature-v4-parser.go, auth/credentials.go) */
export const IN_A_SIGNATURE: Unfit = {
  refuses: /[^\x21-\x7e]|[,=]/u,
  message: "must be printable ASCII without blanks, `,` and `=`, or no request signed with it is read",
};

/** ClearML reads sign-ins as Latin-1, and its bcrypt takes no more. (apiserver: auth.py) */
export const IN_CLEARML: Unfit = {
  refuses: /[^\x20-\x7e]/u,
  message: "must be printable ASCII: ClearML's server reads a login in another encoding",
};

/** What SSH2 reads. One with a passphrase would be asked for it, and nobody is there. */
export const PRIVATE_KEY: readonly Unfit[] = [
  {
    refuses: /^(?!\s*(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s|PuTTY-User-Key-File-))/u,
    message: "must be an OpenSSH or PEM private key, from its line -----BEGIN to its line -----END",
  },
  {
    refuses: /^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED|^Encryption: (?!none)/mu,
    message: "has a passphrase, which nobody could type; make a key without one",
  },
];
