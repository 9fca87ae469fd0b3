import HTTP
import Transport
import Wire

/// Fetches one page, as a customer's browser does.
enum WebFetch {
    /// Calls back with the answer, or with why there is none. Redirects are not followed.
    static func get(
        _ url: WebURL, userAgent: String, world: World,
        completion: @escaping (Result<HTTPResponse, WebFetchError>) -> Void
    ) {
        var done: ((Result<HTTPResponse, WebFetchError>) -> Void)? = completion
        func finish(_ result: Result<HTTPResponse, WebFetchError>) {
            let callback = done
            done = nil
            callback?(result)
        }
        world.loop.connect(
            host: url.host, port: url.port, resolver: world.resolver,
            tls: url.isSecure ? world.trust : nil, timeout: .seconds(5)
        ) { result in
            let connection: Connection
            switch result {
            case .success(let opened): connection = opened
            case .failure(let error): return finish(.failure(WebFetchError("\(error)")))
            }
            var http = HTTPClientConnection()
            func read() {
                do throws(HTTPError) {
                    guard let response = try http.nextResponse() else { return }
                    finish(.success(response))
                } catch {
                    finish(.failure(WebFetchError(error.reason)))
                }
                connection.close(afterFlush: false)
            }
            connection.setDeadline(after: .seconds(10))
            connection.onReceive = {
                http.receive($0)
                read()
            }
            connection.onPeerFinished = {
                http.peerClosed()
                read()
                connection.close(afterFlush: false)
            }
            connection.onClosed = { _ in
                finish(.failure(WebFetchError("closed without an answer")))
            }
            var request = HTTPRequest(
                method: .get, target: url.target,
                headers: [
                    "Host": url.hostField, "User-Agent": userAgent,
                    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
                    "Accept-Language": "en",
                ])
            request.keepAlive = false
            var out: [UInt8] = []
            http.send(request, into: &out)
            connection.write(out)
        }
    }
}

/// Why a page could not be fetched.
struct WebFetchError: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A click on a magic link: the page redirects to the bot with a payload.
enum LinkClick {
    /// Where a link led.
    struct Found {
        let bot: Text
        let payload: Text
    }

    /// Follows a link as far as `t.me` or `tg:`, which are not asked.
    static func follow(
        _ url: WebURL, userAgent: String, world: World,
        completion: @escaping (Result<Found, WebFetchError>) -> Void
    ) {
        WebFetch.get(url, userAgent: userAgent, world: world) { result in
            switch result {
            case .failure(let error): completion(.failure(error))
            case .success(let response):
                guard [301, 302, 303, 307, 308].contains(response.status),
                    let location = response.header("Location")
                else {
                    return completion(.failure(WebFetchError("status \(response.status)")))
                }
                guard let found = target(of: location) else {
                    return completion(.failure(WebFetchError("leads to \(location)")))
                }
                completion(.success(found))
            }
        }
    }

    /// The bot and the payload in `https://t.me/<bot>?start=P` or `tg://resolve?domain=...`.
    static func target(of location: Text) -> Found? {
        let text = location.string
        for prefix in ["https://t.me/", "https://telegram.me/"] where text.hasPrefix(prefix) {
            let rest = text.dropFirst(prefix.count)
            let bot = rest.prefix { $0 != "?" }
            let query = Array(rest.dropFirst(bot.count + 1).utf8)
            let payload = URLEncoding.items(query).first { $0.name == "start" }?.value
            return bot.isEmpty ? nil : Found(bot: Text(String(bot)), payload: payload ?? "")
        }
        guard text.hasPrefix("tg://resolve?") else { return nil }
        let items = URLEncoding.items(Array(text.dropFirst(13).utf8))
        guard let bot = items.first(where: { $0.name == "domain" })?.value else { return nil }
        return Found(
            bot: bot, payload: items.first { $0.name == "start" }?.value ?? "")
    }
}
