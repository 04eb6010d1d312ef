import { Script } from '../redis/index.js';

/**
 * The windows of take_hit and window_state (prisma/migrations), in Redis: a sorted set a window, a member a hit, its time
 * the score. Times are microseconds, which doubles hold exactly; ARGV[1] is "now" as a test gives it, 0 is this server's
 * clock, which all instances share. Where SQL answers null, this answers 0.
 */
const SHARED = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local at = tonumber(ARGV[1])
if at == 0 then at = now end

local function score(micros) return string.format('%.0f', micros) end

-- from: the index in ARGV at which pairs of a quota and its seconds begin
local function quotas_of(from)
  local quotas, longest = {}, 0
  for i = from, #ARGV, 2 do
    local secs = tonumber(ARGV[i + 1])
    quotas[#quotas + 1] = { most = tonumber(ARGV[i]), width = secs * 1000000 }
    longest = math.max(longest, secs)
  end
  return quotas, longest
end

local function adopt(longest)
  if not KEYS[2] or redis.call('EXISTS', KEYS[2]) == 0 then return end
  redis.call('ZUNIONSTORE', KEYS[1], 2, KEYS[1], KEYS[2], 'AGGREGATE', 'MAX')
  redis.call('DEL', KEYS[2])
  redis.call('EXPIRE', KEYS[1], longest)
end

local function window_state(quotas)
  local hits = {}
  for _, key in ipairs(KEYS) do
    local flat = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 2, #flat, 2 do hits[#hits + 1] = tonumber(flat[i]) end
  end
  if #KEYS > 1 then table.sort(hits) end
  local refused_by, retry_after, remaining, resets, longest = 0, 0, {}, {}, 0
  for i, quota in ipairs(quotas) do
    local count = 0
    for _, hit in ipairs(hits) do
      if hit > at - quota.width then count = count + 1 end
    end
    remaining[i] = math.max(quota.most - count, 0)
    resets[i] = 0
    if count > 0 then resets[i] = math.ceil((hits[#hits - count + 1] - at + quota.width) / 1000000) end
    if remaining[i] == 0 then
      local wait = hits[#hits - quota.most + 1] - at + quota.width
      if wait > longest then
        longest = wait
        refused_by = i
        retry_after = math.max(math.ceil(wait / 1000000), 1)
      end
    end
  end
  return { now, #hits, refused_by, retry_after, remaining, resets }
end
`;

/**
 * KEYS: window, and the same subject's under the former secret if there is one. ARGV: at, deadline, id, quotas.
 * Past the deadline (0: none) nothing is taken, and the answer has no more than the time: whoever asked has given up, and a
 * server that was stopped still reads what was sent to it meanwhile.
 */
export const TAKE = new Script(`${SHARED}
local deadline, id = tonumber(ARGV[2]), ARGV[3]
if deadline > 0 and now > deadline then return { now } end
local quotas, longest = quotas_of(4)
adopt(longest)
local answer = window_state(quotas)
if answer[3] ~= 0 then return answer end
redis.call('ZADD', KEYS[1], score(at), id)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', score(at - longest * 1000000))
redis.call('EXPIRE', KEYS[1], longest)
answer = window_state(quotas)
answer[3], answer[4] = 0, 0
return answer
`);

/** KEYS: window, and the same subject's under the former secret if there is one. ARGV: at, quotas. Moves nothing. */
export const STATE = new Script(`${SHARED}
return window_state(quotas_of(2))
`);

/** KEYS: window. ARGV: at, id. Gives back one hit, for what was surely never sent. */
export const GIVE_BACK = new Script(`return redis.call('ZREM', KEYS[1], ARGV[2])`);

/** KEYS: window. ARGV: at, id, microseconds that have passed since, quotas. The hit counts from then on, if it is there. */
export const MOVE = new Script(`${SHARED}
local id = ARGV[2]
if not redis.call('ZSCORE', KEYS[1], id) then return 0 end
local _, longest = quotas_of(4)
redis.call('ZADD', KEYS[1], score(at - tonumber(ARGV[3])), id)
redis.call('EXPIRE', KEYS[1], longest)
return 1
`);

/** KEYS: window, and the same subject's under the former secret. ARGV: at, quotas. */
export const ADOPT = new Script(`${SHARED}
local _, longest = quotas_of(2)
adopt(longest)
return 1
`);

/** KEYS: window. */
export const FORGET = new Script(`return redis.call('DEL', KEYS[1])`);
