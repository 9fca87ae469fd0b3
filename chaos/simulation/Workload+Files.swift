import Routing
import Wire

extension Workload {
    /// An agent sends a file, or a node has lost those that it held.
    func file(in session: SessionID, by agent: AgentID) -> Command {
        let holder = UInt64(cluster.chance.number(1...3))
        if cluster.chance.happens(permille: 100) { return .forgetFiles(holder: holder, but: nil) }
        return .replyWithFile(
            session, by: agent, caption: "see", [], nil,
            FileOffer(
                kind: .photo, name: "a.jpg", mimeType: "image/jpeg", size: 300, holder: holder,
                incarnation: 1, key: 7))
    }

    /// What the sender is told of a message.
    func result(of message: OutboxMessage) -> DeliveryResult {
        let number = message.id.rawValue
        guard message.file != nil else { return .sent(messageID: number) }
        return .sentFile(messageID: number, SentFile(fileID: "F1", thumbnailID: "T1"))
    }
}
