import Routing
import Wire

extension API {
    /// What a note or a remark is known by: the log index at which it was written.
    struct Written: Encodable { var index: String }

    /// A private note, as its author alone sees it.
    struct NoteView: Encodable {
        var index: String
        var session: String
        var at: String
        var text: String

        init(_ note: PrivateNote) {
            index = "\(note.index)"
            session = "\(note.session)"
            at = note.at.text
            text = note.text.string
        }
    }

    /// `POST .../tags`.
    struct TagsBody: Decodable {
        var add: [String]?
        var remove: [String]?
    }

    /// A canned reply, with its placeholders or with what stands for them.
    struct Canned: Codable {
        var name: String
        var text: String
    }

    /// What a project's desk says and files by.
    struct DeskView: Encodable {
        var tags: [String]
        var cannedReplies: [Canned]
        var welcome: String
        var privacyNotice: String
        var nobodyAvailable: String
        var outOfHours: String
        /// The median of the last 50 sessions that had to wait.
        @Null var expectedWaitSeconds: Int64?
        var etag: String?

        init(_ book: DeskBook, waitMilliseconds: Int64?, etag: String?) {
            tags = book.tags.map(\.string)
            cannedReplies = book.canned.map {
                Canned(name: $0.name.string, text: $0.text.string)
            }
            welcome = book.welcome.string
            privacyNotice = book.privacyNotice.string
            nobodyAvailable = book.nobodyAvailable.string
            outOfHours = book.outOfHours.string
            expectedWaitSeconds = waitMilliseconds.map { $0 / 1000 }
            self.etag = etag
        }
    }

    /// Fields to set; absent ones stay.
    struct DeskBody: Decodable {
        var tags: [String]?
        var cannedReplies: [Canned]?
        var welcome: String?
        var privacyNotice: String?
        var nobodyAvailable: String?
        var outOfHours: String?

        func apply(to book: inout DeskBook) throws(Problem) {
            if let tags { book.tags = tags.map { Text($0) } }
            if let cannedReplies {
                book.canned = cannedReplies.map {
                    CannedReply(name: Text($0.name), text: Text($0.text))
                }
            }
            let texts = 0...DeskBook.Limits.text
            if welcome != nil { book.welcome = try checked(welcome, "welcome", texts) }
            if privacyNotice != nil {
                book.privacyNotice = try checked(privacyNotice, "privacyNotice", texts)
            }
            if nobodyAvailable != nil {
                book.nobodyAvailable = try checked(nobodyAvailable, "nobodyAvailable", texts)
            }
            if outOfHours != nil {
                book.outOfHours = try checked(outOfHours, "outOfHours", texts)
            }
        }
    }
}
