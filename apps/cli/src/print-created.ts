/**
 * Prints something that a command created. Only `created` goes to standard output, so that a script can capture it; the
 * note for people goes to standard error. With `json`, prints only that object.
 */
export function printCreated({ created, note, json }: { created: string; note: string; json?: object }): void {
  if (json) {
    console.log(JSON.stringify(json, null, 2));
    return;
  }
  console.error(note);
  console.log(created);
}
