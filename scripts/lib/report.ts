/** Prints the problems and sets the exit code, or says that all is well. */
export function report(name: string, problems: readonly string[]): void {
  if (problems.length === 0) {
    console.log(`${name}: no problems`);
    return;
  }
  for (const problem of problems) console.error(problem);
  console.error(`${name}: ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
  process.exitCode = 1;
}
