/** Who is signed in. Clients of one account may share it. */
export interface Session {
  /** What a system gave for the password. */
  token?: Promise<string> | undefined;
}

/** The token of a session; it signs in where there is none. A sign-in that fails is not remembered. */
export function tokenOf(session: Session, signIn: () => Promise<string>): Promise<string> {
  if (session.token !== undefined) return session.token;
  const token = signIn().catch((error: unknown) => {
    if (session.token === token) session.token = undefined;
    throw error;
  });
  session.token = token;
  return token;
}

/**
 * Does a call with the token of a session, and once more with another when it is refused: somebody signed the account out, the server was
 * started anew, or the token is too old.
 * @param isRefused whether an error says that the token is not known
 */
export async function signedIn<T>(
  session: Session,
  signIn: () => Promise<string>,
  call: (token: string) => Promise<T>,
  isRefused: (error: unknown) => boolean,
): Promise<T> {
  const token = tokenOf(session, signIn);
  try {
    return await call(await token);
  } catch (error) {
    if (!isRefused(error)) throw error;
    // Another call may have signed in again meanwhile.
    if (session.token === token) session.token = undefined;
    return call(await tokenOf(session, signIn));
  }
}
