import { runPart } from './pages/part.js';

runPart(2);
