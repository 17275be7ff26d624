/** A fault in fixed words of Herald's own, which quote nothing: logs show them, and of no other error. */
export class OwnFault extends Error {
  readonly ownWords = true;
}
