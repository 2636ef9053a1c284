import aws4 from "aws4";
import { Client } from "minio";
import { sealed } from "../../components/storage/client/sealed.ts";
import type { BucketAccess } from "../../components/storage/object-store.ts";

interface Derived {
  /** Whether each opens a bucket: the access key, the temporary keys. */
  open(bucket: string, object: string): Promise<boolean[]>;
}

/** What whoever has a key can make with it: an access key for ever, and temporary keys for a week. */
export async function derivedFrom(keys: BucketAccess): Promise<Derived> {
  const own = { accessKey: `${keys.accessKey.slice(-10)}-more`, secretKey: "a-secret-of-its-own" };
  await ask(
    keys,
    "PUT",
    "/minio/admin/v3/add-service-account",
    sealed(keys.secretKey, Buffer.from(JSON.stringify(own))),
  );
  const wanted = Buffer.from("Action=AssumeRole&Version=2011-06-15&DurationSeconds=604800");
  const answer = await ask(keys, "POST", "/", wanted, "sts");
  const said = (field: string) => new RegExp(`<${field}>([^<]*)`).exec(answer)?.[1] ?? "";
  const temporary = {
    accessKey: said("AccessKeyId"),
    secretKey: said("SecretAccessKey"),
    sessionToken: said("SessionToken"),
  };
  const [endPoint = "", port] = keys.endpoint.split(":");
  const clients = [own, temporary].map(
    (pair) => new Client({ endPoint, port: Number(port), useSSL: false, region: keys.region, ...pair }),
  );
  return {
    open: (bucket, object) =>
      Promise.all(clients.map((client) => client.statObject(bucket, object).then(Boolean, () => false))),
  };
}

async function ask(keys: BucketAccess, method: string, path: string, body: Buffer, service = "s3"): Promise<string> {
  const headers = {
    "Content-Length": String(body.length),
    ...(service === "sts" && { "Content-Type": "application/x-www-form-urlencoded" }),
  };
  const signed = aws4.sign(
    { host: keys.endpoint, path, method, service, region: keys.region, body, headers },
    { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
  );
  const answer = await fetch(`http://${keys.endpoint}${path}`, {
    method,
    headers: signed.headers as Record<string, string>,
    body: new Uint8Array(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}
