import path from "node:path";
import { execa } from "execa";
import { POSTGRESQL } from "./postgresql-server.ts";

export interface SessionOptions {
  port: number;
  user: string;
  password: string;
  database: string;
  /** By which the server knows it. */
  name: string;
}

/** A person's session, which has asked something and stays. */
export async function startSession(
  { port, user, password, database, name }: SessionOptions,
  text: string,
): Promise<{ end: () => Promise<unknown> }> {
  const env = { PGHOST: "127.0.0.1", PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
  const psql = execa(path.join(POSTGRESQL ?? "", "psql"), ["-XAt", database], {
    env: { ...env, PGAPPNAME: name },
    stdin: "pipe",
    reject: false,
  });
  psql.stdin.write(`${text};\n\\echo here\n`);
  await new Promise((resolve) =>
    psql.stdout.on("data", (piece: Buffer) => piece.includes("here") && resolve(undefined)),
  );
  return {
    end: () => {
      psql.stdin.end();
      return psql;
    },
  };
}
