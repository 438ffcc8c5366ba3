-- Sets a new expiry for a queue's lock, only while it is the caller's.
--
-- KEYS[1]  string  the queue's lock (QueuedTrackingLock<n>)
-- ARGV[1]  the caller's token
-- ARGV[2]  seconds from now at which it shall expire, an integer >= 1
--
-- Returns 1 if it was set, 0 if the lock is not the caller's (then nothing changed).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
