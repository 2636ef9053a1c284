import protobuf from "protobufjs/minimal.js";

/** The free form of Pulumi's protocol, as JavaScript. (google/protobuf/struct.proto) */
export type Value = null | number | string | boolean | Value[] | { [key: string]: Value };

// Numbers of the fields, and what a tag has beside them: three bits of wire type.
const WIRE_TYPE_BITS = 3;
const STRUCT = { fields: 1 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const LIST = { values: 1 } as const;
const VALUE = { null: 1, number: 2, string: 3, bool: 4, struct: 5, list: 6 } as const;

/**
 * Reads one field of a message that holds a Struct, without the message objects of google-protobuf: those are made for each value and again
 * as JavaScript, 0.7 s for the state of a homelab where this takes a twentieth.
 * @param message the message's bytes
 * @param field number of the field; where it is missing, there is nothing in it
 */
export function structIn(message: Uint8Array, field: number): Record<string, Value> {
  const reader = protobuf.Reader.create(message);
  let found: Record<string, Value> = {};
  eachField(reader, reader.len, (number) => {
    if (number !== field) return false;
    found = struct(reader);
    return true;
  });
  return found;
}

function struct(reader: protobuf.Reader): Record<string, Value> {
  const entries: [string, Value][] = [];
  eachFieldOfMessage(reader, (field) => {
    if (field !== STRUCT.fields) return false;
    entries.push(entry(reader));
    return true;
  });
  // Not key by key: one may be named `__proto__`.
  return Object.fromEntries(entries);
}

function entry(reader: protobuf.Reader): [string, Value] {
  let key = "";
  let held: Value = null;
  eachFieldOfMessage(reader, (field) => {
    if (field === ENTRY.key) key = reader.string();
    else if (field === ENTRY.value) held = value(reader);
    else return false;
    return true;
  });
  return [key, held];
}

function value(reader: protobuf.Reader): Value {
  let held: Value = null;
  eachFieldOfMessage(reader, (field) => {
    if (field === VALUE.null) reader.int32();
    else if (field === VALUE.number) held = reader.double();
    else if (field === VALUE.string) held = reader.string();
    else if (field === VALUE.bool) held = reader.bool();
    else if (field === VALUE.struct) held = struct(reader);
    else if (field === VALUE.list) held = list(reader);
    else return false;
    return true;
  });
  return held;
}

function list(reader: protobuf.Reader): Value[] {
  const values: Value[] = [];
  eachFieldOfMessage(reader, (field) => {
    if (field !== LIST.values) return false;
    values.push(value(reader));
    return true;
  });
  return values;
}

/** A message within another says how long it is before it begins. */
function eachFieldOfMessage(reader: protobuf.Reader, read: (field: number) => boolean): void {
  const length = reader.uint32();
  eachField(reader, reader.pos + length, read);
}

/** @param read reads the field, or says that it does not know it */
function eachField(reader: protobuf.Reader, end: number, read: (field: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag >>> WIRE_TYPE_BITS)) reader.skipType(tag & 7);
  }
}
