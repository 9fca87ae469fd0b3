-- Clicks: a GET of one path. Argument after `--`: the path.
dofile(os.getenv("BENCHMARKS") .. "/report.lua")

function init(arguments)
    click = wrk.format("GET", arguments[1], {
        ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ["Accept-Language"] = "en-GB,en;q=0.7",
    })
end

function request()
    return click
end
