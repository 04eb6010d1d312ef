import { EventStream, eventText } from './event-stream.js';

const BIG = 'x'.repeat(70_000);

describe('EventStream', () => {
  it('keeps for a slow reader the newest of each thing alone', () => {
    let now = 0;
    const stream = new EventStream(() => now);
    stream.tell('now', eventText('now', { n: 0, BIG }));
    for (let n = 1; n <= 1_000; n++) {
      now += 10;
      stream.tell('now', eventText('now', { n, BIG }));
      stream.tell('provider a', eventText('provider', { n }));
    }
    expect(stream.stuckMs).toBe(10_000);
    const read: string[] = [];
    for (let chunk: Buffer | null; (chunk = stream.read() as Buffer | null); ) read.push(chunk.toString());
    const told = read.join('').split('\n\n').filter(Boolean);
    expect(told.map((text) => /event: (\w+)\ndata: .*?"n":(\d+)/s.exec(text)?.slice(1))).toEqual([
      ['now', '0'],
      ['now', '1000'],
      ['provider', '1000'],
    ]);
    expect(stream.stuckMs).toBe(0);
  });

  it('says nothing more once it has ended', async () => {
    const stream = new EventStream(() => 0);
    stream.tell('now', 'a');
    stream.end();
    stream.end();
    stream.tell('now', 'b');
    stream.beat();
    const read: string[] = [];
    for await (const chunk of stream) read.push(String(chunk));
    expect(read.join('')).toBe('a');
  });
});
