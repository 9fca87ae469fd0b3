import HTTP
import Telegram
import Wire

/// Control over one bot.
struct BotControl {
    let world: World
    let bot: Bot

    func handle(
        _ action: String, _ request: HTTPRequest, _ body: JSONValue
    ) throws(ControlError) -> JSONValue {
        switch (request.method, action) {
        case (.post, "revoke"):
            let newToken = body["token"]?.text
            if let newToken, BotToken.botID(of: newToken) != bot.id {
                throw ControlError(400, "a new token is of the same bot")
            }
            world.revoke(bot, newToken: newToken)
            return ControlAPI.json(bot)
        case (.post, "updates"): return try push(body)
        case (.get, "deliveries"):
            let from = request.queryItem("from").flatMap { Int($0.string) } ?? 0
            let limit = request.queryItem("limit").flatMap { Int($0.string) } ?? 1000
            return bot.deliveries.json(from: from, limit: max(0, limit))
        case (.get, "calls"):
            return .array(
                bot.calls.map { call in
                    [
                        "method": .text(Text(call.method)), "chat": .int(call.chat),
                        "milliseconds": .int(call.milliseconds),
                    ]
                })
        case (.post, "faults"):
            guard bot.faults.add(try Self.fault(body)) else {
                throw ControlError(409, "too many faults")
            }
            return ControlAPI.json(bot)
        case (.delete, "faults"):
            bot.faults.clear()
            return ControlAPI.json(bot)
        default: throw ControlError(404, "no such action for a bot")
        }
    }

    /// Any update, as it is: the only member is its kind.
    private func push(_ body: JSONValue) throws(ControlError) -> JSONValue {
        guard let members = body.members, members.count == 1 else {
            throw ControlError(400, "one member is needed: the update's kind and value")
        }
        let kind = members[0].name
        let user =
            members[0].value["from"]?["id"]?.int ?? members[0].value["chat"]?["id"]?.int
        let id = bot.push(
            kind, members[0].value, queue: user ?? bot.nextUpdateID, lifetime: 86_400)
        return ["update_id": id.map { .int($0) } ?? nil]
    }

    /// `{method?, count?, effect, ...}`.
    private static func fault(_ body: JSONValue) throws(ControlError) -> Fault {
        let effect: Fault.Effect
        let milliseconds = Int(clamping: body["milliseconds"]?.int ?? 1000)
        switch body["effect"]?.string {
        case "fail":
            effect = .fail(
                code: Int(clamping: body["code"]?.int ?? 500),
                description: body["description"]?.text ?? "Internal Server Error",
                retryAfter: body["retry_after"]?.int.map { Int(clamping: $0) })
        case "drop": effect = .drop
        case "drop_afterwards": effect = .dropAfterwards
        case "delay": effect = .delay(milliseconds: milliseconds)
        case "delay_answer": effect = .delayAnswer(milliseconds: milliseconds)
        default:
            throw ControlError(
                400, "effect is fail, drop, drop_afterwards, delay or delay_answer")
        }
        return Fault(
            method: body["method"]?.string?.lowercased() ?? "*", effect: effect,
            remaining: Int(clamping: max(1, body["count"]?.int ?? 1)))
    }
}
