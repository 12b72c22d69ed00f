import { calls } from '/work/wt/tools/benchmarks/src/tools/subjects/llmgine.ts';
const p = calls(1);
await p.run(300000);
