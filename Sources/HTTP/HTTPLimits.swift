/// The bounds of one HTTP connection, whichever role it plays.
public struct HTTPLimits: Sendable, Equatable {
    /// Bytes of a start line with its fields, also of a chunked body's trailer. Past it: 431.
    public var maxHeadBytes = 16 << 10
    /// Bytes of a request line. Past it: 414.
    public var maxRequestLineBytes = 8 << 10
    /// Fields in one head or trailer. Past it: 431.
    public var maxHeaderCount = 100
    /// Bytes of a body where no path has a bound of its own. Past it: 413.
    public var maxBodyBytes = 256 << 10
    /// Bounds of bodies by the beginning of the path; the first that fits counts.
    public var bodyLimits: [BodyLimit] = []
    /// Whether the owner is asked before a larger body than that is refused; see
    /// `HTTPServerConnection.question`. A chunked body has no length to ask about.
    public var asksForLargeBodies = false
    /// Bytes of chunk extensions in one body, which nobody needs. Past it: 400.
    public var maxChunkExtensionBytes = 4 << 10
    /// Bytes that may wait behind an unanswered request before `wantsInput` turns false.
    public var maxWaitingBytes = 64 << 10

    /// The defaults.
    public init() {}

    /// Defaults but for the size of a body.
    public init(maxBodyBytes: Int, bodyLimits: [BodyLimit] = []) {
        self.maxBodyBytes = maxBodyBytes
        self.bodyLimits = bodyLimits
    }

    /// A bound for the bodies of one part of the site.
    public struct BodyLimit: Sendable, Equatable {
        /// How the path begins.
        public var pathPrefix: [UInt8]
        /// The most bytes that a body may have there.
        public var maxBodyBytes: Int

        /// A bound for paths that begin with `pathPrefix`.
        public init(pathPrefix: String, maxBodyBytes: Int) {
            self.pathPrefix = Array(pathPrefix.utf8)
            self.maxBodyBytes = maxBodyBytes
        }
    }
}
