-- Gives a queue's lock back, only while it is the caller's.
--
-- KEYS[1]  string  the queue's lock (QueuedTrackingLock<n>)
-- ARGV[1]  the caller's token
--
-- Returns 1 if it was deleted, 0 if the lock is not the caller's (then nothing changed).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
