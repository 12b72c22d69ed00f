import { execFileSync } from 'node:child_process';
const sets = { zod: ['zod'], core: ['zod','@llmgine/core'], coreplus: ['zod','@llmgine/core','@llmgine/core/redaction','@llmgine/core/timing'], tools: ['zod','@llmgine/tools'], cf: ['zod','@llmgine/core','@llmgine/core/redaction','@llmgine/core/timing', '../packages/tools/node_modules/@cfworker/json-schema/dist/esm/index.js'] };
const t = Object.fromEntries(Object.keys(sets).map(k=>[k,[]]));
for (let i=0;i<11;i++) for (const [k,v] of Object.entries(sets)) { const out = execFileSync(process.execPath, ['--input-type=module','--eval', `const f=performance.now(); ${v.map(n=>`await import(${JSON.stringify(n.startsWith('..')?new URL(n,import.meta.url).href:n)});`).join('')} console.log(performance.now()-f)`]); t[k].push(+out); }
for (const k in t) console.log(k, t[k].sort((a,b)=>a-b)[5].toFixed(1));
