import Wire

// Commands of links and clicks that the second level brought.
extension Command {
    /// A link with its terms, made or edited.
    func encodeLink(into writer: inout ByteWriter) {
        switch self {
        case .makeLink(let by, let settings, let terms):
            writer.put(.makeLink, by, settings, terms)
        case .editLink(let id, let by, let version, let settings, let terms):
            writer.put(.editLink, id, by, version, settings, terms)
        default: preconditionFailure("no command of a link")
        }
    }

    /// Clicks, in the form of the first level where that can say them.
    static func encode(_ clicks: [Click], into writer: inout ByteWriter) {
        if clicks.haveFingerprints {
            writer.put(.clicksWithFingerprints, clicks.map(FingerprintedClick.init))
        } else {
            writer.put(.clicks, clicks)
        }
    }

    init(links tag: CommandTag, from r: inout ByteReader) throws(WireError) {
        if tag == .makeLink {
            self = .makeLink(by: try r.take(), try r.take(), try r.take())
        } else if tag == .editLink {
            self = .editLink(
                try r.take(), by: try r.take(), version: try r.take(), try r.take(), try r.take())
        } else {
            let start = r.offset
            let clicks: [FingerprintedClick] = try r.take()
            self = .clicks(clicks.map(\.click))
            guard clicks.map(\.click).haveFingerprints else {
                throw WireError(.badValue("clicks"), offset: start)
            }
        }
    }
}
