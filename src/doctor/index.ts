export { diagnose, type Diagnosis } from './diagnose.js';
export { exitCodeOf, jsonOf, reportOf, wantsColours } from './report.js';
