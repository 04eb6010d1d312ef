// What the numbers are to be, judged from the rows of this run; an aim whose rows were not measured is left out.

const MAX_RSS_MB = 180;

export function judge(rows) {
  const find = (what, who, load) =>
    rows.find((row) => row.what === what && row.who === who && (!load || row.load === load));
  const verdicts = [];
  const compare = (aim, { what, load, against, field = 'perSecond', least, most }) => {
    const [ours, theirs] = [find(what, 'Sixdigit', load), find(against.what ?? what, against.who, load)];
    if (!ours || !theirs) return;
    const ratio = ours[field] / theirs[field];
    const met = least === undefined ? ratio <= most : ratio >= least;
    verdicts.push({ aim: `${aim}${load ? `, ${load}` : ''}`, measured: `${ratio.toFixed(2)}x`, met });
  };
  const floor = { who: 'floor' };
  const betterAuth = { who: 'better-auth' };
  for (const load of ['32 connections', '128 connections']) {
    compare('start >= 0.75x the floor', { what: 'start', load, against: floor, least: 0.75 });
    compare('start >= 3.5x better-auth', { what: 'start', load, against: betterAuth, least: 3.5 });
    compare("start at <= 0.2x of better-auth's CPU", {
      what: 'start',
      load,
      against: betterAuth,
      field: 'cpuMs',
      most: 0.2,
    });
    for (const what of ['check, wrong code', 'check, right code']) {
      compare(`${what}, >= 0.75x the floor`, { what, load, against: floor, least: 0.75 });
      compare(`${what}, >= 10x better-auth`, { what, load, against: betterAuth, least: 10 });
    }
  }
  for (const load of ['128 in flight', '256 in flight']) {
    compare('start >= 0.9x the floor, provider at 100 ms', {
      what: 'start, provider at 100 ms',
      load,
      against: floor,
      least: 0.9,
    });
  }
  const many = rows.map(({ what }) => /^start, (?!1 k)(\S+ [kM]) rows$/.exec(what)?.[1]).find(Boolean);
  for (const what of ['start', 'check, right code']) {
    const against = { who: 'Sixdigit', what: `${what}, 1 k rows` };
    compare(`${what}, ${many} rows, >= 0.9x of 1 k`, { what: `${what}, ${many} rows`, against, least: 0.9 });
  }
  for (const [aim, what, load, least] of [
    ['batch, >= 2000 rows a second into the outbox', 'batch, rows in', undefined, 2_000],
    ['batch, >= 500 texts a second out', 'batch, texts out', 'alone', 500],
  ]) {
    const row = find(what, 'Sixdigit', load);
    if (row) verdicts.push({ aim, measured: `${Math.round(row.perSecond)}`, met: row.perSecond >= least });
  }
  for (const what of ['start, beside a batch', 'start, beside rows coming in']) {
    const against = { who: 'Sixdigit', what: 'start, idle' };
    compare(`${what}: p99 <= 1.5x idle`, { what, against, field: 'p99', most: 1.5 });
  }
  const bare = find('one send', 'undici POST alone');
  const twilio = find('one send', 'twilio');
  if (bare && twilio) {
    const ratio = twilio.cpuMs / bare.cpuMs;
    verdicts.push({
      aim: 'Twilio send <= 1.5x the CPU of a bare undici POST',
      measured: `${ratio.toFixed(2)}x`,
      met: ratio <= 1.5,
    });
  }
  for (const [what, most] of [
    ['check, wrong code', 1],
    ['check, right code', 2],
    ['start', 2],
  ]) {
    const row = find(what, 'Sixdigit', '128 connections');
    if (row)
      verdicts.push({
        aim: `${what}: ${most} statement(s)`,
        measured: row.statements.toFixed(2),
        met: Math.round(row.statements * 10) <= most * 10,
      });
  }
  for (const [name, most] of [
    ['answers 500', 100],
    ['answers nothing', 3_000],
  ]) {
    const out = rows.find(
      ({ what, outAfterMs }) => what.startsWith(`primary ${name}: until`) && outAfterMs !== undefined,
    );
    const [before, after] = [
      find(`primary ${name}: before`, 'Sixdigit'),
      find(`primary ${name}: from then on`, 'Sixdigit'),
    ];
    if (!out) continue;
    verdicts.push({
      aim: `primary ${name}: suspended <= ${most} ms after`,
      measured: `${out.outAfterMs} ms`,
      met: out.outAfterMs <= most,
    });
    const more = after.p99 - before.p99;
    verdicts.push({
      aim: `then p99 <= +10 ms`,
      measured: `${more >= 0 ? '+' : ''}${more.toFixed(0)} ms`,
      met: more <= 10,
    });
  }
  const told = find('delivery report', 'Sixdigit');
  if (told) {
    const measured = `${told.perSecond.toFixed(0)} a second`;
    verdicts.push({ aim: '5000 delivery reports a second', measured, met: told.perSecond >= 5_000 });
  }
  const memory = rows.filter(({ who, rssMb, load }) => who === 'Sixdigit' && rssMb && load.endsWith('connections'));
  if (memory.length > 0) {
    const peak = Math.max(...memory.map(({ rssMb }) => rssMb));
    verdicts.push({
      aim: `<= ${MAX_RSS_MB} MB resident on PostgreSQL under load`,
      measured: `${peak.toFixed(0)} MB`,
      met: peak <= MAX_RSS_MB,
    });
  }
  return verdicts;
}
