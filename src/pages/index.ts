export { PagesModule } from './pages.module.js';
export type { PagesOptions } from './pages.options.js';
