import Raft
import Storage
import Transport
import Wire

/// A copy of state.db that may be sent; its file goes with the last one who holds it. Loop's thread
/// only, but for the file.
final class SnapshotCopy {
    let header: SnapshotHeader
    let file: SnapshotFile
    private let pool: WorkerPool
    private let loop: EventLoop

    init(header: SnapshotHeader, file: SnapshotFile, pool: WorkerPool, loop: EventLoop) {
        self.header = header
        self.file = file
        self.pool = pool
        self.loop = loop
    }

    deinit {
        let path = file.path
        // Deleting a large file takes time. One that stays because the pool is full or closed is
        // deleted at the next start.
        _ = pool.submit(on: loop, { removeFile(path) }, completion: { _ in })
    }
}

/// Sends one copy over one connection. Loop's thread only.
final class SnapshotGiver {
    /// Bounds of a transfer.
    enum Limits {
        /// Bytes in one chunk.
        static let chunkBytes = 256 << 10
        /// Bytes sent that the taker has not written yet.
        static let windowBytes: UInt64 = 4 << 20
        /// Bytes that may wait for the kernel.
        static let pendingBytes = 1 << 20
        /// A taker that writes nothing for so long is given up.
        static let patience: Duration = .seconds(30)
    }

    /// The taker has written more.
    var onProgress: (() -> Void)?
    /// It is over: with nil when the taker has the whole file or needs it no more, else why not.
    var onEnd: ((String?) -> Void)?
    /// What is sent.
    let copy: SnapshotCopy

    private let link: SnapshotLink
    private let loop: EventLoop
    private let pool: WorkerPool
    private let bytesPerSecond: Int64
    private var position: UInt64 = 0
    private var taken: UInt64 = 0
    private var isWanted = false
    private var isReading = false
    /// The rate allows the next chunk then.
    private var nextAt: Int64 = 0
    private var timer: LoopTimer?
    private var guardian: LoopTimer?
    private var isOver = false

    /// Offers a copy over an open link and sends it as the taker wishes.
    init(
        _ copy: SnapshotCopy, over link: SnapshotLink, loop: EventLoop, pool: WorkerPool,
        bytesPerSecond: Int64
    ) {
        self.copy = copy
        self.link = link
        self.loop = loop
        self.pool = pool
        self.bytesPerSecond = bytesPerSecond
        link.onMessage = { [weak self] message in self?.received(message) }
        link.onClosed = { [weak self] reason in self?.end(reason) }
        link.onDrained = { [weak self] in self?.pump() }
        link.send(.offer(copy.header))
        watch()
    }

    private func received(_ message: SnapshotMessage?) {
        guard !isOver else { return }
        switch message {
        case .want(let offset) where offset <= copy.header.size:
            (position, taken) = (offset, offset)
            isWanted = true
            watch()
            pump()
        case .taken(let offset) where offset <= position:
            taken = max(taken, offset)
            watch()
            onProgress?()
            pump()
        case .done: end(nil)
        case .refused(.notNeeded): end(nil)
        case .refused(let why): end("\(why)")
        case .request, .offer, .chunk, .want, .taken, nil:
            end("the other node sent what does not belong there")
        }
    }

    private func watch() {
        guardian?.cancel()
        guardian = loop.schedule(after: Limits.patience) { [weak self] in
            self?.end("nothing was taken for \(Limits.patience)")
        }
    }

    private func pump() {
        guard isWanted, !isOver, !isReading, timer == nil, position < copy.header.size,
            position - taken < Limits.windowBytes, link.pendingBytes < Limits.pendingBytes
        else { return }
        let wait = nextAt - loop.now
        guard wait <= 0 else {
            timer = loop.schedule(after: .nanoseconds(wait)) { [weak self] in
                self?.timer = nil
                self?.pump()
            }
            return
        }
        isReading = true
        let (file, offset) = (copy.file, position)
        let started = pool.submit(on: loop) { () -> Result<[UInt8], StorageError> in
            Result { () throws(StorageError) in
                try file.read(at: offset, count: Limits.chunkBytes)
            }
        } completion: { [weak self] result in
            self?.isReading = false
            self?.send(result, at: offset)
        }
        if !started { end("too many transfers") }
    }

    private func send(_ result: Result<[UInt8], StorageError>, at offset: UInt64) {
        // The taker may have asked for another place meanwhile.
        guard !isOver, offset == position else { return pump() }
        switch result {
        case .failure(let error): end(error.description)
        case .success(let bytes) where bytes.isEmpty: end("the copy is shorter than it was")
        case .success(let bytes):
            link.send(.chunk(offset: offset, bytes))
            position += UInt64(bytes.count)
            let pause = Int64(bytes.count) * 1_000_000_000 / bytesPerSecond
            nextAt = max(nextAt, loop.now) + pause
            pump()
        }
    }

    /// Ends the transfer; the link with it.
    func end(_ problem: String?) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        guardian?.cancel()
        link.close()
        onEnd?(problem)
    }
}
