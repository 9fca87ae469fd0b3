import Wire

@testable import Routing

extension Samples {
    static func offer(
        _ kind: FileOffer.Kind = .photo, name: Text = "a.jpg", type: Text = "image/jpeg",
        size: Int64 = 300, holder: UInt64 = 2, incarnation: UInt64 = 0xfeed, key: UInt64 = 7
    ) -> FileOffer {
        FileOffer(
            kind: kind, name: name, mimeType: type, size: size, holder: holder,
            incarnation: incarnation, key: key)
    }

    static var files: [Command] {
        let sent = SentMessage(ordinal: 3, messageID: 12, at: time)
        let (session, ana) = (SessionID(40), AgentID(2))
        return [
            .replyWithFile(
                session, by: ana, caption: "hi", [TextEntity(.bold, 0, 2)], nil, offer()),
            .replyWithFile(
                session, by: ana, caption: "", [], verdict,
                offer(.document, name: "b.pdf", type: "application/pdf")),
            .forgetFiles(holder: 2, but: 0xfeed), .forgetFiles(holder: 2, but: nil),
            .finishSending(
                OutboxID(160), epoch: 9,
                .sentFile(messageID: 12, SentFile(fileID: "F1", thumbnailID: "T1"))),
            .revise(session, by: ana, sent, .caption("new", []), nil),
        ]
    }
}
