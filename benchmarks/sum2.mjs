import { readFileSync } from 'node:fs';
const prof = JSON.parse(readFileSync(process.argv[2]));
const by = new Map();
const nodes = new Map(prof.nodes.map((n) => [n.id, n]));
const start = prof.startTime + 1.2e6;
let t = prof.startTime;
let total = 0;
prof.samples.forEach((id, i) => {
  const dt = prof.timeDeltas[i];
  t += dt;
  if (t < start) return;
  const f = nodes.get(id).callFrame;
  const k = `${f.functionName || '(anon)'} ${f.url.split('/').slice(-2).join('/')}:${f.lineNumber + 1}`;
  by.set(k, (by.get(k) ?? 0) + dt);
  total += dt;
});
for (const [k, v] of [...by].sort((a, b) => b[1] - a[1]).slice(0, +process.argv[3] || 24))
  console.log(((100 * v) / total).toFixed(1).padStart(5) + '%', k);
