-- Telegram updates: each from a new user, ids contiguous within a thread, bodies of 450 bytes.
-- Arguments after `--`: path, secret, the first update id, the ids reserved for each thread.
-- The path of this directory comes in BENCHMARKS.
dofile(os.getenv("BENCHMARKS") .. "/report.lua")

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    path = arguments[1]
    id = tonumber(arguments[3]) + number * tonumber(arguments[4])
    headers = {
        ["Content-Type"] = "application/json",
        ["X-Telegram-Bot-Api-Secret-Token"] = arguments[2],
    }
    -- Telegram's own layout: a line break after the update id.
    form = '{"update_id":%d,\n"message":{"message_id":%d,"from":{"id":%d,"is_bot":false,' ..
        '"first_name":"Customer","last_name":"Number %d","username":"customer_%d",' ..
        '"language_code":"en"},"chat":{"id":%d,"first_name":"Customer",' ..
        '"last_name":"Number %d","username":"customer_%d","type":"private"},' ..
        '"date":1790000000,"text":"%s"}}'
end

local words = string.rep("Where is my parcel? ", 20)

function request()
    local user = 1000000000 + id
    local empty = string.format(form, id, 1, user, id, id, user, id, id, "")
    local text = string.sub(words, 1, 450 - #empty)
    local body = string.format(form, id, 1, user, id, id, user, id, id, text)
    id = id + 1
    return wrk.format("POST", path, headers, body)
end
