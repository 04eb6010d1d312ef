export { diagnose, type Diagnosis } from './diagnose.js';
export { jsonOf, reportOf, wantsColours } from './report.js';
