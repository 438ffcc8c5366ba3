-- Removes entries from a queue's head, only while the lock is the caller's.
--
-- KEYS[1]  string  the queue's lock (QueuedTrackingLock<n>)
-- KEYS[2]  list    the queue (trackingQueueV1 or trackingQueueV1_<n>)
-- ARGV[1]  the caller's token
-- ARGV[2]  how many entries to remove, an integer >= 0; more than there are empties the queue
--
-- Returns 1 if they were removed, 0 if the lock is not the caller's (then nothing changed).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('LTRIM', KEYS[2], ARGV[2], -1)
return 1
