// A provider as lean as Node makes it: Twilio's, Amazon's and a gateway's answers, and a count of the texts it took.
import { createServer } from 'node:http';

import { answer } from '../channel.mjs';

let accepted = 0;
let mode = 'ok';
let latencyMs = 0;
/** The newest code for each phone. */
let codes = new Map();

const twilio = (id, to) => [
  201,
  'application/json',
  JSON.stringify({
    account_sid: `AC${'0'.repeat(32)}`,
    api_version: '2010-04-01',
    body: '123456 is your Sixdigit code. It expires in 10 min. Do not share it.',
    date_created: 'Sat, 21 Nov 2026 10:00:00 +0000',
    date_sent: null,
    date_updated: 'Sat, 21 Nov 2026 10:00:00 +0000',
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: '+15005550006',
    messaging_service_sid: null,
    num_media: '0',
    num_segments: '1',
    price: null,
    price_unit: null,
    sid: `SM${id.toString(16).padStart(32, '0')}`,
    status: 'queued',
    subresource_uris: { media: `/2010-04-01/Accounts/AC${'0'.repeat(32)}/Messages/SM/Media.json` },
    to,
    uri: `/2010-04-01/Accounts/AC${'0'.repeat(32)}/Messages/SM.json`,
  }),
];
const sns = (id) => [
  200,
  'text/xml',
  `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>00000000-0000-4000-8000-${id
    .toString(16)
    .padStart(
      12,
      '0',
    )}</MessageId></PublishResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></PublishResponse>`,
];
const gateway = (id) => [200, 'application/json', `{"status":"ok","id":"${id}"}`];

function answerTo(path, body) {
  if (mode === 'error') return [500, 'application/json', '{"code":20500,"message":"Internal Server Error"}'];
  accepted++;
  const to = /(?:^|[&"])(?:To|PhoneNumber|to)(?:=|":")(?:%2B|\+)(\d+)/.exec(body)?.[1];
  const code = /(?:^|[&"])(?:Body|Message|text)(?:=|":")(\d{6})/.exec(body)?.[1];
  codes.set(`+${to}`, code);
  if (path === '/gateway') return gateway(accepted);
  return path === '/' ? sns(accepted) : twilio(accepted, `+${to}`);
}

const server = createServer((request, response) => {
  if (request.url === '/_codes') {
    response.end(JSON.stringify(Object.fromEntries(codes)));
    codes = new Map();
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const reply = () => {
      // Who hangs leaves those unanswered, too, that came before.
      if (mode === 'hang') return;
      // Pings read an account.
      const [status, type, text] =
        request.method === 'GET' ? [200, 'application/json', '{"status":"active"}'] : answerTo(request.url, body);
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
      response.end(text);
    };
    if (latencyMs > 0) setTimeout(reply, latencyMs);
    else reply();
  });
});
server.keepAliveTimeout = 60_000;

answer('accepted', () => accepted);
answer('behave', (order) => {
  ({ mode, latencyMs } = { mode, latencyMs, ...order });
  return Date.now();
});

server.listen(0, '127.0.0.1', () => console.log(`The fake is ready at http://127.0.0.1:${server.address().port} `));
