import Wire

/// Where a project's updates go: what was registered with Telegram, or is about to be.
public struct WebhookPoint: Hashable, Sendable {
    /// The whole URL, the project's path included.
    public var url: Text
    /// The node whose public URL it is; nil: none's, so a balancer or another house.
    public var node: UInt64?
    /// The node that was gone when the cluster itself chose this one; nil: a person chose.
    public var gone: UInt64?
    /// Who chose; nil: the cluster itself.
    public var by: AgentID?
    /// Whether Telegram has confirmed it. The cluster says what it is about to do before it does:
    /// a call that failed half-way may have left the bot without any webhook.
    public var isConfirmed: Bool
    /// When this was put down.
    public internal(set) var at = LogTime(milliseconds: 0)

    /// A point of these parts.
    public init(url: Text, node: UInt64?, gone: UInt64?, by: AgentID?, isConfirmed: Bool) {
        self.url = url
        self.node = node
        self.gone = gone
        self.by = by
        self.isConfirmed = isConfirmed
    }
}

/// What all nodes know of the way in: their public URLs, and where webhooks were pointed.
struct FrontDoor: Equatable, Sendable {
    /// Bounds of what is kept, lengths in bytes.
    enum Limits {
        /// The longest URL of a webhook.
        static let url = 1024
        /// Nodes with a public URL, those that left included.
        static let nodes = 256
    }

    /// Public URLs without a final slash, by node.
    var urls: [UInt64: Text] = [:]
    /// By project.
    var points: [ProjectID: WebhookPoint] = [:]
}

extension RoutingState {
    /// The nodes that told a public URL, ascending, with those that left the cluster since.
    public var nodeURLs: [(node: UInt64, url: Text)] {
        frontDoor.urls.keys.sorted().map { ($0, frontDoor.urls[$0]!) }
    }
    /// Where a project's webhook was pointed last, through the cluster; nil: never.
    public func webhookPoint(of project: ProjectID) -> WebhookPoint? {
        frontDoor.points[project]
    }

    mutating func apply(frontDoor command: Command) -> Outcome {
        switch command {
        case .tellURL(let node, let url): tellURL(node, url)
        case .pointWebhook(let id, let point): pointWebhook(id, point)
        default: preconditionFailure("no command of the front door")
        }
    }

    /// A node's public URL; empty: it has none any more.
    private mutating func tellURL(_ node: UInt64, _ url: Text) -> Outcome {
        let known = frontDoor.urls[node]
        guard url.utf8.count <= FrontDoor.Limits.url,
            known != nil || frontDoor.urls.count < FrontDoor.Limits.nodes
        else { return .refused(.invalid("url")) }
        guard url != known ?? "" else { return .done(id: Int64(clamping: node)) }
        frontDoor.urls[node] = url.isEmpty ? nil : url
        draft.applied.write(
            .nodeURL, Int64(bitPattern: node), as: url.isEmpty ? nil : url.encodedAlone())
        return .done(id: Int64(clamping: node))
    }

    /// Puts down where a project's webhook points, or is about to.
    private mutating func pointWebhook(_ id: ProjectID, _ point: WebhookPoint) -> Outcome {
        guard roomSlots[id] != nil else { return .refused(.notFound) }
        guard isManager(point.by, of: id) else { return .refused(.forbidden) }
        guard !point.url.isEmpty, point.url.utf8.count <= FrontDoor.Limits.url else {
            return .refused(.invalid("url"))
        }
        var point = point
        point.at = now.time
        frontDoor.points[id] = point
        draft.applied.write(.webhookPoint, id.rawValue, as: point.encodedAlone())
        return .done(id: id.rawValue)
    }
}

extension WebhookPoint: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(url)
        writer.put(node)
        writer.put(gone)
        writer.put(by)
        writer.bool(isConfirmed)
        writer.put(at)
    }

    init(from reader: inout ByteReader) throws(WireError) {
        self.init(
            url: try reader.take(), node: try reader.take(), gone: try reader.take(),
            by: try reader.take(), isConfirmed: try reader.take())
        at = try reader.take()
    }
}

extension Command {
    /// A command of the front door, with its tag.
    func encodeFrontDoor(into writer: inout ByteWriter) {
        switch self {
        case .tellURL(let node, let url): writer.put(.tellURL, node, url)
        case .pointWebhook(let id, let point): writer.put(.pointWebhook, id, point)
        default: preconditionFailure("no command of the front door")
        }
    }

    init(frontDoor tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        if tag == .tellURL {
            self = .tellURL(node: try r.take(), try r.take())
        } else {
            self = .pointWebhook(try r.take(), try r.take())
        }
    }
}
