import { rows } from './src/tools/tools.bench.ts';
for (const r of await rows()) console.log(r.case, '|', r.subject, r.version, Math.round(r.nsPerOp), r.ratioToLimit?.toFixed(2), r.ratioToUs?.toFixed(2));
