import Wire

/// When a project is open: hours of the week in a time zone. The log knows no time zones: a node
/// resolves them into spans of UTC, which enter the log as a command of their own.
public struct Hours: Hashable, Sendable {
    /// What happens to sessions outside the hours.
    public enum Outside: UInt8, Hashable, Sendable, CaseIterable {
        /// The same as inside.
        case route = 0
        /// They wait for the next opening; claims and transfers go on.
        case hold = 1
    }
    /// Open on one day of the week, in minutes of the local day.
    public struct Span: Hashable, Sendable {
        /// 1 is Monday, 7 Sunday.
        public var day: UInt8
        /// From this minute on.
        public var from: UInt32
        /// Up to, not including, this minute; 1440 is the end of the day.
        public var to: UInt32
        /// A span of these parts.
        public init(day: UInt8, from: UInt32, to: UInt32) {
            self.day = day
            self.from = from
            self.to = to
        }
    }
    /// The zone's name in the time zone database.
    public var zone: Text
    /// The open spans of a week.
    public var week: [Span]
    /// What happens outside.
    public var outside: Outside
    /// Hours of these parts.
    public init(zone: Text, week: [Span], outside: Outside = .route) {
        self.zone = zone
        self.week = week
        self.outside = outside
    }
}

/// A project's hours as the log knows them.
public struct OpenTimes: Hashable, Sendable {
    /// One time of being open.
    public struct Span: Hashable, Sendable {
        /// From this moment on.
        public var from: LogTime
        /// Up to, not including, this one.
        public var to: LogTime
        /// A span of these parts.
        public init(from: LogTime, to: LogTime) {
            self.from = from
            self.to = to
        }
    }
    /// Ascending, apart from each other.
    public var spans: [Span]
    /// From here on nothing is known, and the project counts as open.
    public var end: LogTime
    /// Times of these parts.
    public init(spans: [Span], end: LogTime) {
        self.spans = spans
        self.end = end
    }

    /// Whether it is open at a moment.
    public func isOpen(at time: LogTime) -> Bool {
        if end <= time { return true }
        let index = firstIndex(endingAfter: time)
        return index < spans.count && spans[index].from <= time
    }

    /// When it opens next; nil: it is open.
    public func opens(after time: LogTime) -> LogTime? {
        if isOpen(at: time) { return nil }
        let index = firstIndex(endingAfter: time)
        return index < spans.count ? spans[index].from : end
    }

    /// The first moment after another at which it opens; nil: it is not known to.
    func nextOpening(after time: LogTime) -> LogTime? {
        let next = firstIndex(endingAfter: time)
        for span in spans[next...].prefix(2) where time < span.from { return span.from }
        return time < end ? end : nil
    }

    private func firstIndex(endingAfter time: LogTime) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].to <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The most spans that are kept: two weeks of many short ones.
    static let limit = 512
}

extension RoutingState {
    /// A node has resolved a project's hours. Those of other hours than the present ones are too
    /// late.
    mutating func resolveHours(
        _ id: ProjectID, _ hours: Hours, _ times: OpenTimes
    ) -> Outcome {
        guard let slot = roomSlots[id] else { return .refused(.notFound) }
        guard rooms[slot].project.settings.hours == hours else { return .refused(.wrongState) }
        guard times.spans.count <= OpenTimes.limit, times.isAscending else {
            return .refused(.invalid("hours"))
        }
        keep(times, in: slot)
        return .done(id: id.rawValue)
    }

    /// The open times that follow from settings: none yet, if the hours are others.
    mutating func forgetHours(_ slot: Int) { keep(nil, in: slot) }

    private mutating func keep(_ times: OpenTimes?, in slot: Int) {
        guard rooms[slot].openTimes != times else { return }
        rooms[slot].openTimes = times
        draft.openTimes.note(slot)
        scheduleOpening(slot)
        noteDrain(slot)
    }

    /// Until when the sessions of a project are held; nil: they are not.
    func heldUntil(_ slot: Int, at time: LogTime) -> LogTime? {
        guard rooms[slot].project.settings.hours?.outside == .hold else { return nil }
        return rooms[slot].openTimes?.opens(after: time)
    }

    /// When a project that holds sessions will open next, be it open now or not.
    mutating func scheduleOpening(_ slot: Int) {
        guard rooms[slot].openTimes != nil || triggers.count > 0 else { return }
        let holds = rooms[slot].project.settings.hours?.outside == .hold
        let next = holds ? rooms[slot].openTimes?.nextOpening(after: now.time) : nil
        triggers.set(.opening(rooms[slot].project.id), next)
    }

    /// The hours of a project, and what the log knows of them.
    public func openTimes(of project: ProjectID) -> OpenTimes? {
        roomSlots[project].flatMap { rooms[$0].openTimes }
    }
}

extension OpenTimes {
    fileprivate var isAscending: Bool {
        var last: LogTime?
        for span in spans {
            if !(span.from < span.to) { return false }
            if let last, !(last < span.from) { return false }
            last = span.to
        }
        return true
    }
}

extension Hours {
    /// What can't be as it is.
    var refusal: Text? {
        if zone.isEmpty || zone.utf8.count > FieldLimits.tag { return "zone" }
        if week.count > FieldLimits.weekSpans { return "week" }
        for span in week
        where !(1...7).contains(span.day) || span.from >= span.to || span.to > 1440 {
            return "week"
        }
        return nil
    }
}

extension Hours: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.text(zone)
        writer.put(week)
        writer.put(outside)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(zone: try reader.text(), week: try reader.take(), outside: try reader.takeCase())
    }
}

extension Hours.Span: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.u8(day)
        writer.put(from)
        writer.put(to)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(day: try reader.u8(), from: try reader.take(), to: try reader.take())
    }
}

extension OpenTimes: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(end)
        writer.put(spans)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        let end: LogTime = try reader.take()
        self.init(spans: try reader.take(), end: end)
    }
}

extension OpenTimes.Span: Coded {
    func encode(into writer: inout ByteWriter) {
        writer.put(from)
        writer.put(to)
    }
    init(from reader: inout ByteReader) throws(WireError) {
        self.init(from: try reader.take(), to: try reader.take())
    }
}
