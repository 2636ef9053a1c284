import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";

// madmin-go v3 encrypt.go: what a body of the admin API is sealed with. Of its three ways this is the one that Node has by itself.
const PBKDF2_AES_GCM = 0x02;
const ROUNDS = 8192;
// sio-go v0.3.1: the size of a fragment, and what marks the last one.
const FRAGMENT = 16 * 1024;
const MORE = 0x00;
const LAST = 0x80;

/**
 * A body as MinIO's admin API takes it: `salt 32 | way 1 | nonce 8 | fragments`, each fragment AES-256-GCM with its tag. Fragment 0 is what
 * authenticates the (empty) associated data; its tag is part of the associated data of all others.
 * @param password secret key of the caller
 * @param random source of salt and nonce; for tests
 */
export function sealed(password: string, data: Uint8Array, random: (size: number) => Buffer = randomBytes): Buffer {
  const salt = random(32);
  const nonce = random(8);
  const key = pbkdf2Sync(password, salt, ROUNDS, 32, "sha256");
  const fragment = (sequence: number, text: Uint8Array, associated: Uint8Array) => {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(sequence);
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.concat([nonce, number])).setAAD(associated);
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  };
  const tag = fragment(0, Buffer.alloc(0), Buffer.alloc(0));
  const count = Math.max(1, Math.ceil(data.length / FRAGMENT));
  const fragments = Array.from({ length: count }, (_, index) => {
    const mark = Buffer.from([index === count - 1 ? LAST : MORE]);
    const text = data.subarray(index * FRAGMENT, (index + 1) * FRAGMENT);
    return fragment(index + 1, text, Buffer.concat([mark, tag]));
  });
  return Buffer.concat([salt, Buffer.from([PBKDF2_AES_GCM]), nonce, ...fragments]);
}
