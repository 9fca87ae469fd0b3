import Telegram
import Transport
import Wire

/// `setWebhook`, `deleteWebhook` and `getWebhookInfo`.
struct WebhookMethods {
    let world: World
    let bot: Bot

    /// The largest certificate, in bytes.
    static let maxCertificate = 3 << 20

    /// The kinds of updates that the arguments ask for; an absent or malformed list keeps what was.
    static func readAllowedUpdates(of bot: Bot, _ arguments: Arguments) {
        guard let list = arguments.json("allowed_updates")?.elements else { return }
        let kinds = list.compactMap(\.text)
        bot.allowedUpdates = kinds.isEmpty ? nil : kinds
    }

    /// Sets the webhook, or deletes it when the URL is empty.
    func set(url: Text, _ arguments: Arguments, answer: @escaping (Reply) -> Void) {
        if !url.isEmpty {
            let now = world.clock.seconds
            if now < bot.nextSetWebhook { return answer(.tooMany(seconds: 1)) }
            bot.nextSetWebhook = now + 1
        }
        let certificate = url.isEmpty ? nil : arguments.upload("certificate")
        let wanted = WebhookDelivery.Settings(
            url: url, secret: url.isEmpty ? "" : arguments["secret_token"],
            maxConnections: Int(arguments.int("max_connections", standard: 40, in: 1...100)),
            certificate: certificate?.bytes,
            fixedAddress: url.isEmpty || arguments["ip_address"].isEmpty
                ? nil : arguments["ip_address"])
        let drops = arguments.bool("drop_pending_updates")
        let isSame = bot.webhook?.settings == wanted || (bot.webhook == nil && url.isEmpty)
        if isSame, !drops, certificate == nil {
            Self.readAllowedUpdates(of: bot, arguments)
            let words: Text =
                url.isEmpty ? "Webhook is already deleted" : "Webhook is already set"
            return answer(.ok(true, description: words))
        }
        let existed = bot.webhook != nil
        if !url.isEmpty {
            bot.longPoll?.end(
                with: .error(409, "Conflict: terminated by setWebhook request"))
        }
        // As with the real server, the old webhook is gone even when the new one is refused.
        bot.webhook?.stop()
        bot.webhook = nil
        if drops { bot.forgetAll() }
        if url.isEmpty {
            let words: Text = existed ? "Webhook was deleted" : "Webhook is already deleted"
            return answer(.ok(true, description: words))
        }
        create(wanted, arguments, answer: answer)
    }

    private func create(
        _ settings: WebhookDelivery.Settings, _ arguments: Arguments,
        answer: @escaping (Reply) -> Void
    ) {
        guard let url = WebURL(settings.url) else {
            return answer(.bad("invalid webhook URL specified"))
        }
        if settings.secret.utf8.count > 256 { return answer(.bad("secret token is too long")) }
        if !settings.secret.isEmpty, !WebhookSettings.isValidSecret(settings.secret) {
            return answer(.bad("secret token contains unallowed characters"))
        }
        if let size = settings.certificate?.count, size > Self.maxCertificate {
            return answer(.bad("certificate size is too big (\(size) bytes)"))
        }
        if !world.options.allowsAnyWebhook {
            guard url.isSecure else {
                return answer(.bad("bad webhook: An HTTPS URL must be provided for webhook"))
            }
            guard [80, 88, 443, 8443].contains(url.port) else {
                return answer(
                    .bad(
                        "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"))
            }
        }
        Self.readAllowedUpdates(of: bot, arguments)
        let host = settings.fixedAddress?.string ?? url.host
        world.resolver.resolve(host: host, port: url.port) { [world, bot] result in
            guard case .success(let addresses) = result, let address = addresses.first else {
                return answer(
                    .bad("bad webhook: Failed to resolve host: Name or service not known"))
            }
            guard bot.webhook == nil else {
                return answer(.error(409, "Conflict: terminated by other setWebhook"))
            }
            do {
                let delivery = try WebhookDelivery(
                    bot: bot, settings: settings, url: url, address: address, world: world)
                bot.webhook = delivery
                answer(.ok(true, description: "Webhook was set"))
                delivery.updatesArrived()
            } catch {
                answer(.bad("bad webhook: \(error)"))
            }
        }
    }

    /// What `getWebhookInfo` tells.
    func info() -> JSONValue {
        bot.forgetExpired()
        var members: [JSONValue.Member] = [
            .init("url", .text(bot.webhook?.settings.url ?? "")),
            .init("has_custom_certificate", .bool(bot.webhook?.settings.certificate != nil)),
            .init("pending_update_count", .int(Int64(bot.pending.count))),
        ]
        if let webhook = bot.webhook {
            if let (date, message) = webhook.lastError {
                members.append(.init("last_error_date", .int(date)))
                members.append(.init("last_error_message", .text(message)))
            }
            members.append(.init("max_connections", .int(Int64(webhook.settings.maxConnections))))
            members.append(.init("ip_address", .text(Text(webhook.address.ip))))
        }
        if let allowed = bot.allowedUpdates {
            members.append(.init("allowed_updates", .array(allowed.map { .text($0) })))
        }
        return .object(members)
    }
}
