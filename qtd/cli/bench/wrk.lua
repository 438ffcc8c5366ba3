-- What wrk sends and what it tells: the requests of the file named after `--`, one after the other, and one line at the
-- end: requests, microseconds, errors of connections, of statuses, latency in microseconds (50 %, 99 %).
local requests = {}
local place = 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for request in file:read("*a"):gmatch("(.-\r\n\r\n)") do
      requests[#requests + 1] = request
   end
   file:close()
   place = math.random(#requests)
end

function request()
   place = place % #requests + 1
   return requests[place]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format("RESULT %d %d %d %d %.0f %.0f\n", summary.requests, summary.duration,
      errors.connect + errors.read + errors.write + errors.timeout, errors.status,
      latency:percentile(50), latency:percentile(99)))
end
