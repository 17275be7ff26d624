/** A fault with a fixed text of Herald's own, which quotes nothing. Logs show the texts of these errors only. */
export class HeraldError extends Error {
  readonly isSafeToLog = true;
}
