/**
 * What was made goes to standard output alone, so that a script can keep it; what a person should know of it besides goes
 * to standard error. As JSON it is one object, and nothing else.
 */
export function tell({ made, note, json }: { made: string; note: string; json?: object }): void {
  if (json) {
    console.log(JSON.stringify(json, null, 2));
    return;
  }
  console.error(note);
  console.log(made);
}
