export { AuditData } from './audit-data.js';
export { AuditLog, writeAct, type AuditParameters } from './audit-log.js';
export { AuditModule } from './audit.module.js';
export { audited, type Act } from './audited.js';
