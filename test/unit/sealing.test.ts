import { expect, it } from "vitest";
import { Document } from "yaml";
import { createDecipheriv } from "node:crypto";
import { sealInto, stackKeyOf } from "../../automation/engine/sealing.ts";

it("makes the engine's key of a passphrase: what `pulumi config set --secret` of 3.246.0 sealed opens with it", async () => {
  const { key, salt } = await stackKeyOf("a passphrase", Buffer.from("VN3iya17N08=", "base64"));
  expect(opened(key, "v1:VbCWaCTg7ufTsmIq:cLfYHGH4Vhos87KE3azzMwGx2uVe")).toBe("other");
  // The engine sees by this text whether a passphrase fits.
  expect(opened(key, salt.replace("v1:VN3iya17N08=:", ""))).toBe("pulumi");
});

it("seals into a stack file, also where there was no such section, and a text otherwise each time", () => {
  const stackKey = { salt: "v1:salt:proof", key: Buffer.alloc(32, 1) };
  const document = new Document({ config: { "a:b": { list: [{ name: "x" }] } } });
  sealInto(document, stackKey, [
    { at: ["a:b", "list", 0, "password"], value: "one" },
    { at: ["a:c", "deep", "key"], value: "one" },
  ]);
  const { encryptionsalt, config } = document.toJS() as {
    encryptionsalt: string;
    config: { "a:b": { list: { password: { secure: string } }[] }; "a:c": { deep: { key: { secure: string } } } };
  };
  expect(encryptionsalt).toBe(stackKey.salt);
  const sealed = [config["a:b"].list[0]?.password.secure ?? "", config["a:c"].deep.key.secure];
  expect(sealed.map((text) => opened(stackKey.key, text))).toEqual(["one", "one"]);
  expect(sealed[0]).not.toBe(sealed[1]);
});

function opened(key: Buffer, secure: string): string {
  const [, nonce = "", text = ""] = secure.split(":");
  const bytes = Buffer.from(text, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}
