/// Bytes on their way out: appended at the end, taken from the front.
struct ByteQueue {
    /// Capacity that an emptied queue keeps for the next bytes.
    private static let keptCapacity = 8 << 10
    /// From this size on an array is taken over instead of copied.
    private static let adoptedSize = 4 << 10

    private var bytes: [UInt8] = []
    private var start = 0
    /// The storage may be shared with the caller, so it isn't ours to reuse.
    private var isAdopted = false

    var count: Int { bytes.count - start }
    var isEmpty: Bool { bytes.count == start }

    mutating func append(_ more: [UInt8]) {
        if isEmpty && more.count >= Self.adoptedSize {
            bytes = more
            start = 0
            isAdopted = true
        } else {
            bytes.append(contentsOf: more)
        }
    }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
    }

    /// Lets `body` append in place; what stands there already must stay.
    mutating func append(with body: (inout [UInt8]) -> Void) {
        let before = bytes.count
        body(&bytes)
        precondition(bytes.count >= before, "only appending is allowed")
    }

    mutating func consume(_ count: Int) {
        start += count
        if start == bytes.count {
            if isAdopted || bytes.capacity > Self.keptCapacity {
                bytes = []
                isAdopted = false
            } else {
                bytes.removeAll(keepingCapacity: true)
            }
            start = 0
        } else if start > 64 << 10 && start > bytes.count / 2 {
            bytes.removeFirst(start)
            isAdopted = false
            start = 0
        }
    }

    mutating func removeAll() {
        bytes = []
        start = 0
        isAdopted = false
    }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }
}
