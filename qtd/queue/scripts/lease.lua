-- Tells how long a queue's lock remains the caller's.
--
-- KEYS[1]  string  the queue's lock (QueuedTrackingLock<n>)
-- ARGV[1]  the caller's token
--
-- Returns milliseconds until it expires; -1 if it never does, 0 if the lock is not the caller's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PTTL', KEYS[1])
