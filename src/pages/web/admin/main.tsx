import '../shared/theme.css';
import { render } from 'preact';

const app = document.getElementById('app');
if (app) render(<main class="card narrow">The dashboard will be here.</main>, app);
