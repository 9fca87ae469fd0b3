import Wire

/// The first and the last link that led a customer to a project in the sessions before one. Each
/// session carries them along, so that all of a customer's sessions need not be read for it.
public struct EarlierTouches: Hashable, Sendable {
    /// The first of all.
    public var first: Touch
    /// The last before the session.
    public var last: Touch
}

extension EarlierTouches: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(first)
        writer.put(last)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(first: try reader.take(), last: try reader.take())
    }
}

extension Session {
    /// The links that led here; a token of another project's link led nowhere.
    private var leading: [Touch] { touches.filter { $0.via != .foreignToken } }
    /// The first link that led to this session.
    public var firstTouch: Touch? { leading.first }
    /// The last link that led to this session.
    public var lastTouch: Touch? { leading.last }
    /// The first link that led the customer to the project, in this session or one before. Sessions
    /// that the first feature level opened don't know of those before.
    public var customersFirstTouch: Touch? { earlier?.first ?? firstTouch }
    /// The last link that led the customer to the project, in this session or one before.
    public var customersLastTouch: Touch? { lastTouch ?? earlier?.last }

    /// The touches that may be the first of their token: what counts a start, on its link and in
    /// reports. The last slot's is for attribution alone (see `attach`).
    public var startingTouches: [Touch] {
        touches.prefix(Touch.limit - 1).filter { $0.via == .own }
    }

    /// What a next session of the customer carries along.
    var touchesForNext: EarlierTouches? {
        guard var first = customersFirstTouch, var last = customersLastTouch else { return nil }
        // Whether the click has come is told where the click led to.
        (first.isPending, last.isPending) = (false, false)
        return EarlierTouches(first: first, last: last)
    }
}
