export { TemplateKeeper } from './template-keeper.js';
export { TemplateOffice, type Preview, type TemplateId, type TemplateState } from './template-office.js';
export { TemplatesModule } from './templates.module.js';
