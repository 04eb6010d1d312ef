// node --import: at SIGWINCH the wall clock of this process jumps by CLOCK_JUMP_MS; its monotonic clock goes on.
const Real = Date;
let ahead = 0;
process.on('SIGWINCH', () => {
  ahead = Number(process.env.CLOCK_JUMP_MS);
  process.stdout.write(`the clock says ${new Date().toISOString()}\n`);
});

const now = () => Real.now() + ahead;
globalThis.Date = new Proxy(Real, {
  construct: (_, args) => Reflect.construct(Real, args.length > 0 ? args : [now()]),
  apply: () => new Real(now()).toString(),
  get: (_, name) => (name === 'now' ? now : Real[name]),
});
