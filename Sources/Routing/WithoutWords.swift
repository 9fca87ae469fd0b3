import Wire

// What may stay of a customer who was erased: what happened, when, by whom and why, and nothing
// that anybody said or that the customer brought along.
extension HistoryItem {
    /// The item without words.
    public var withoutWords: HistoryItem {
        HistoryItem(index: index, at: at, what: what.withoutWords, decision: decision)
    }
}

extension HistoryItem.What {
    fileprivate var withoutWords: HistoryItem.What {
        switch self {
        case .inbound(let message):
            .inbound(
                HistoryItem.Inbound(
                    opening: message.opening, messageID: 0, kind: message.kind, text: "",
                    fileID: "", touch: message.touch, payload: ""))
        case .outbound(let message): .outbound(message.withoutWords)
        case .revised(let message, let ordinal, let isDeletion):
            .revised(message.withoutWords, of: ordinal, isDeletion: isDeletion)
        case .rewritten(let agent, let ordinal, _, _):
            .rewritten(by: agent, of: ordinal, text: "", entities: [])
        case .edited: .edited(HistoryItem.Edited(messageID: 0, text: ""))
        case .callback: .callback(data: "")
        case .transferred(let from, let to, let by, _):
            .transferred(from: from, to: to, by: by, remark: "")
        case .remarked(let agent, _): .remarked(by: agent, text: "")
        case .tagged(let agent, _, _): .tagged(by: agent, added: [], removed: [])
        // A rule's text was in what was said.
        case .moderated(let agent, let verdict):
            .moderated(
                by: agent, Verdict(verdict.action, version: verdict.version, rule: ""))
        case .assigned, .claimed, .gaveBack, .requeued, .rerouted, .alerted, .tookOver,
            .handedOver, .barred, .flooded, .autoCompleted, .completed, .reopened, .blocked,
            .unreachable, .noted:
            self
        }
    }
}

extension HistoryItem.Outbound {
    fileprivate var withoutWords: HistoryItem.Outbound {
        var message = self
        message.text = ""
        message.entities = []
        message.file = file.map {
            OutboundFile(kind: $0.kind, fileID: "", attachment: Attachment())
        }
        message.state =
            switch state {
            case .sent: .sent(messageID: 0)
            case .uncertain: .uncertain(reason: "")
            // It was dropped before it was sent.
            case .queued, .sending, .failed: .failed(reason: "")
            case .withdrawn: .withdrawn
            }
        return message
    }
}

extension Click {
    /// The click without anything about its visitor: when and where it was answered, by which link
    /// it came and what its UTM parameters say.
    public var withoutVisitor: Click {
        Click(key: key, link: link, at: at, node: node, flag: flag, query: query.utmAlone)
    }
}

extension Text {
    /// The UTM parameters of a query.
    fileprivate var utmAlone: Text {
        let prefix = Array("utm_".utf8)
        let kept = utf8.split(separator: UInt8(ascii: "&")).filter { $0.starts(with: prefix) }
        return Text(Array(kept.joined(separator: [UInt8(ascii: "&")])))
    }
}
