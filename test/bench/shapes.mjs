// How the contenders are asked, and what they answer when all is well. The floor is asked as Sixdigit is.

export const API_KEY = 'bench-key-0123456789abcdef';

const AREAS = ['415', '212', '303', '312', '617', '206', '512', '602'];
const EXCHANGES = 800;
const LINES = 10_000;

/** The nth of 64 million phones that the number plan calls valid. */
export function phoneOf(n) {
  const area = AREAS[Math.floor(n / (EXCHANGES * LINES)) % AREAS.length];
  const exchange = 200 + (Math.floor(n / LINES) % EXCHANGES);
  return `+1${area}${exchange}${String(n % LINES).padStart(4, '0')}`;
}

const sixdigit = {
  headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
  start: (phone) => ({ path: '/v1/verifications', body: JSON.stringify({ phone }) }),
  check: (id, code) => ({ path: `/v1/verifications/${id}/check`, body: JSON.stringify({ code }) }),
  idOf: (answer) => /"id":"([^"]+)"/.exec(answer)[1],
  status: { start: 201, wrong: 200, right: 200 },
  saysRight: (answer) => answer.includes('"valid":true'),
};

const betterAuth = {
  headers: { 'content-type': 'application/json' },
  start: (phone) => ({ path: '/api/auth/phone-number/send-otp', body: JSON.stringify({ phoneNumber: phone }) }),
  check: (phone, code) => ({
    path: '/api/auth/phone-number/verify',
    body: JSON.stringify({ phoneNumber: phone, code }),
  }),
  idOf: (_, phone) => phone,
  status: { start: 200, wrong: 400, right: 200 },
  saysRight: (answer) => answer.includes('"status":true'),
};

export const shapes = { sixdigit, betterAuth };
