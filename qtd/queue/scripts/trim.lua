-- Removes the given entries from a queue's head, only if they are just what is there.
--
-- KEYS[1]  list    the queue (trackingQueueV1 or trackingQueueV1_<n>)
-- KEYS[2]  string  the queue's lock (QueuedTrackingLock<n>); left out where another server has it
-- ARGV[1]  how many entries to remove, an integer >= 0
-- ARGV[2]  SHA-1 of the entries' SHA-1s, hexadecimal digits all
-- ARGV[3]  with KEYS[2]: the caller's token, which the lock must have;
--          without: the time by this server's clock until which the caller holds the lock, Unix milliseconds
--
-- Returns 1 if they were removed; 0 if the lock is not the caller's (any more) and -1 if the queue begins
-- otherwise (then nothing changed).
if KEYS[2] then
  if redis.call('GET', KEYS[2]) ~= ARGV[3] then
    return 0
  end
else
  local now = redis.call('TIME')
  if now[1] * 1000 + now[2] / 1000 >= tonumber(ARGV[3]) then
    return 0
  end
end
local count = tonumber(ARGV[1])
local digests = {}
local step = 100 -- entries copied at a time, as they may be large
for first = 0, count - 1, step do
  local last = math.min(first + step, count) - 1
  for _, entry in ipairs(redis.call('LRANGE', KEYS[1], first, last)) do
    digests[#digests + 1] = redis.sha1hex(entry)
  end
end
if redis.sha1hex(table.concat(digests)) ~= ARGV[2] then
  return -1
end
if count > 0 then
  redis.call('LTRIM', KEYS[1], count, -1)
end
return 1
