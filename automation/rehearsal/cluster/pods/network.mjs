// @ts-check
/**
 * Loaded into a pod's process before its own program: what the pod is told as an address of the lab's network is a process of this machine.
 * Only where a connection goes is another; what goes through it, signatures and certificates too, is for the address that the pod knows.
 */
import net from "node:net";

/** @type {{ host: string, port: number, to: number }[]} */
const ADDRESSES = JSON.parse(process.env.REHEARSAL_ADDRESSES ?? "[]");

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = /** @type {typeof connect} */ (
  /** @this {net.Socket} @param {any[]} words */
  function (...words) {
    // Node's own callers hand the options in an array.
    const options = Array.isArray(words[0]) ? words[0][0] : words[0];
    const found = ADDRESSES.find(({ host, port }) => host === options?.host && port === Number(options?.port));
    // The object itself: the one that speaks TLS compares the certificate with what is in it, and the rehearsal's is for this machine.
    if (found) Object.assign(options, { host: "127.0.0.1", port: found.to });
    return /** @type {any} */ (connect).apply(this, words);
  }
);
