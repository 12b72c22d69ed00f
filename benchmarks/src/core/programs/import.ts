// Imports the package that is named, or none, and prints the time and the memory that this took.

const [, , packageName] = process.argv;
const startedAt = performance.now();
if (packageName !== undefined) await import(packageName);
const tookMs = performance.now() - startedAt;
console.log(JSON.stringify({ tookMs, bytes: process.memoryUsage().rss }));
