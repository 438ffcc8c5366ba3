-- Puts entries before a queue's head, only while the lock is the caller's.
--
-- KEYS[1]  list    the queue (trackingQueueV1 or trackingQueueV1_<n>)
-- KEYS[2]  string  the queue's lock (QueuedTrackingLock<n>); left out where another server has it
-- ARGV[1]  with KEYS[2]: the caller's token, which the lock must have;
--          without: the time by this server's clock until which the caller holds the lock, Unix milliseconds
-- The other arguments are the entries; the first becomes the head.
--
-- Returns 1 if they were added, 0 if the lock is not the caller's (any more; then nothing changed).
if KEYS[2] then
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 0
  end
else
  local now = redis.call('TIME')
  if now[1] * 1000 + now[2] / 1000 >= tonumber(ARGV[1]) then
    return 0
  end
end
for i = #ARGV, 2, -1 do
  redis.call('LPUSH', KEYS[1], ARGV[i])
end
return 1
