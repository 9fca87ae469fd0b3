/// A set in ascending order, kept in chunks so that no insertion or removal moves more than one
/// chunk and growing never copies the whole.
struct OrderedSet<Element: Comparable & Sendable>: Sendable {
    /// Non-empty, ascending within and across.
    private var chunks: [[Element]] = []
    /// How many elements there are.
    private(set) var count = 0

    /// A chunk is cut in two when it would exceed this.
    static var chunkLimit: Int { 512 }

    /// An empty set.
    init() {}

    /// Whether there is no element.
    var isEmpty: Bool { count == 0 }
    /// The smallest element.
    var first: Element? { chunks.first?.first }
    /// The largest element.
    var last: Element? { chunks.last?.last }

    /// Adds an element; false if it was there.
    @discardableResult mutating func insert(_ element: Element) -> Bool {
        guard let last else {
            chunks.append([element])
            count = 1
            return true
        }
        if last < element { return append(element) }
        let chunk = chunkIndex(notBefore: element)
        let place = Self.lowerBound(chunks[chunk], element)
        if chunks[chunk][place] == element { return false }
        chunks[chunk].insert(element, at: place)
        count += 1
        if chunks[chunk].count > Self.chunkLimit {
            let tail = Array(chunks[chunk][(Self.chunkLimit / 2)...])
            chunks[chunk].removeSubrange((Self.chunkLimit / 2)...)
            chunks.insert(tail, at: chunk + 1)
        }
        return true
    }

    private mutating func append(_ element: Element) -> Bool {
        if chunks[chunks.count - 1].count < Self.chunkLimit {
            chunks[chunks.count - 1].append(element)
        } else {
            chunks.append([element])
        }
        count += 1
        return true
    }

    /// Removes an element; false if it was not there.
    @discardableResult mutating func remove(_ element: Element) -> Bool {
        let chunk = chunkIndex(notBefore: element)
        guard chunk < chunks.count else { return false }
        let place = Self.lowerBound(chunks[chunk], element)
        guard chunks[chunk][place] == element else { return false }
        chunks[chunk].remove(at: place)
        if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
        count -= 1
        return true
    }

    /// Whether the element is there.
    func contains(_ element: Element) -> Bool { firstNotBefore(element) == element }

    /// The smallest element that is not less than this one.
    func firstNotBefore(_ element: Element) -> Element? {
        let chunk = chunkIndex(notBefore: element)
        guard chunk < chunks.count else { return nil }
        return chunks[chunk][Self.lowerBound(chunks[chunk], element)]
    }

    /// At most `limit` elements in ascending order, from the start or from after an element.
    func ascending(after: Element? = nil, limit: Int = .max) -> [Element] {
        var found: [Element] = []
        var chunk = 0
        var place = 0
        if let after {
            chunk = chunkIndex(notBefore: after)
            if chunk < chunks.count {
                place = Self.lowerBound(chunks[chunk], after)
                if chunks[chunk][place] == after { place += 1 }
            }
        }
        while chunk < chunks.count, found.count < limit {
            let end = min(chunks[chunk].count, place + limit - found.count)
            found.append(contentsOf: chunks[chunk][place..<end])
            chunk += 1
            place = 0
        }
        return found
    }

    /// At most `limit` elements in descending order, from the end or from before an element.
    func descending(before: Element? = nil, limit: Int = .max) -> [Element] {
        var found: [Element] = []
        var chunk = chunks.count - 1
        var end = chunks.last?.count ?? 0
        if let before {
            chunk = chunkIndex(notBefore: before)
            end = chunk < chunks.count ? Self.lowerBound(chunks[chunk], before) : 0
        }
        while chunk >= 0, found.count < limit {
            let start = max(0, end - (limit - found.count))
            if start < end { found.append(contentsOf: chunks[chunk][start..<end].reversed()) }
            chunk -= 1
            end = chunk >= 0 ? chunks[chunk].count : 0
        }
        return found
    }

    /// The first chunk whose last element is not less than this one.
    private func chunkIndex(notBefore element: Element) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][chunks[middle].count - 1] < element {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    private static func lowerBound(_ chunk: [Element], _ element: Element) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension OrderedSet: Equatable {
    /// Equal elements, however they are cut into chunks.
    static func == (a: Self, b: Self) -> Bool {
        a.count == b.count && a.ascending() == b.ascending()
    }
}
