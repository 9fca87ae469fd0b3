-- etcd's JSON gateway: each put under a new key, bodies of 450 bytes like the webhooks'.
-- Arguments after `--`: the first key's number, the numbers reserved for each thread.
dofile(os.getenv("BENCHMARKS") .. "/report.lua")

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    id = tonumber(arguments[1]) + number * tonumber(arguments[2])
    headers = { ["Content-Type"] = "application/json" }
    -- Keys and values are base64 on this interface. Digits in groups of four are base64 as they
    -- stand, so that the generator has nothing to encode.
    value = string.rep("MDEy", 103)
end

function request()
    local body = string.format('{"key": "%016d","value":"%s"}', id, value)
    id = id + 1
    return wrk.format("POST", "/v3/kv/put", headers, body)
end
