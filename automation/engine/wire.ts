import protobuf from "google-protobuf";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { inClear, SIGNATURE } from "../../provider/protocol/values.ts";

/**
 * Values of the protocol's free form that stay bytes until somebody reads them. A message of a whole state takes as long to make values of as
 * all else in a preview together.
 */

// Numbers of google/protobuf/struct.proto.
const FIELDS = 1;
const KEY = 1;
const VALUE = 2;
const STRUCT_VALUE = 5;

/** What a message has under a number, each as it was sent. */
export function partsOf(message: Uint8Array | undefined, number: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const reader = new protobuf.BinaryReader(message ?? new Uint8Array());
  while (reader.nextField() && !reader.isEndGroup()) {
    if (reader.getFieldNumber() === number) parts.push(reader.readBytes());
    else reader.skipField();
  }
  return parts;
}

/** Values of a Struct by their names. */
export function fieldsOf(message: Uint8Array | undefined): Map<string, Uint8Array> {
  return new Map(
    partsOf(message, FIELDS).map((entry) => {
      const [key] = partsOf(entry, KEY);
      const [value] = partsOf(entry, VALUE);
      return [Buffer.from(key ?? []).toString(), value ?? new Uint8Array()];
    }),
  );
}

/** Values of a Value that is a Struct, by their names; none where it is something else. */
export function membersOf(value: Uint8Array | undefined): Map<string, Uint8Array> {
  const [message] = partsOf(value, STRUCT_VALUE);
  const members = fieldsOf(message);
  return members.has(SIGNATURE) ? membersOf(members.get("value")) : members;
}

/** What a Value is, every secret in clear. */
export function valueIn(value: Uint8Array): unknown {
  return inClear(struct.Value.deserializeBinary(value).toJavaScript());
}
