/**
 * Types of what stays in the state whatever goes: data in a retained volume opens only with the password it was made with, and who has lost a way
 * in is known only by who had one.
 */
export const KEPT_IN_STATE = /:(GeneratedText|Departures)$/;
