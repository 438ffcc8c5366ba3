-- Appends entries to a queue, only while the number of queues in force is the caller's.
--
-- KEYS[1]  list    the queue (trackingQueueV1 or trackingQueueV1_<n>)
-- KEYS[2]  string  the number in force: "4", or "4 8" while it is changed to 8
-- ARGV[1]  the caller's number
-- The other arguments are the entries, the oldest first.
--
-- Returns 1 if they were added; otherwise nothing was, and it returns KEYS[2], "" where there is none.
local number = redis.call('GET', KEYS[2])
if not number then
  return ''
end
if string.match(number, '^%d+') ~= ARGV[1] then
  return number
end
for first = 2, #ARGV, 1000 do
  redis.call('RPUSH', KEYS[1], unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
return 1
